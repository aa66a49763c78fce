#include "events/kafka/foreign_record.hpp"

#include "events/kafka/headers.hpp"

namespace hub::kafka {

ForeignRecord foreign_record(const rd_kafka_message_t& message) {
  ForeignRecord record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = static_cast<std::uint32_t>(message.partition);
  record.offset = static_cast<std::uint64_t>(message.offset);
  rd_kafka_timestamp_type_t type{};
  if (const auto ms = rd_kafka_message_timestamp(&message, &type); type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms > 0)
    record.at = Instant{ms * 1'000};
  if (message.key != nullptr) record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.assign(static_cast<const char*>(message.payload), message.len);
  each_header(message,
              [&](std::string_view name, std::string_view value) { record.headers.emplace_back(name, value); });
  return record;
}

}  // namespace hub::kafka
