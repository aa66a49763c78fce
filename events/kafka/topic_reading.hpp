#pragma once
#include "events/kafka/admin.hpp"

namespace hub::kafka {

using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Destroyer<rd_kafka_topic_destroy>>;

/// The partition of topics that have one.
inline constexpr std::int32_t kOnlyPartition = 0;

/// Reads a topic of one partition from its beginning, for as long as it lives.
class TopicReading {
 public:
  /// Looks at first where the topic lies, within `patience`. What goes wrong comes with the messages.
  TopicReading(rd_kafka_t* client, const std::string& topic, const Patience& patience);
  ~TopicReading();
  TopicReading(const TopicReading&) = delete;
  TopicReading& operator=(const TopicReading&) = delete;

  /// What comes within so many milliseconds: a record, an error, the end for now, or nothing.
  Message next(int wait_ms) { return Message(rd_kafka_consume(topic_.get(), kOnlyPartition, wait_ms)); }

 private:
  TopicHandle topic_;
};

/// Key or value of a message; empty when it has none.
inline std::string_view bytes_of(const void* data, std::size_t size) {
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}
/// The value; nothing when the message deletes what was said under its key.
inline std::optional<std::string_view> value_of(const rd_kafka_message_t& message) {
  return message.payload == nullptr ? std::nullopt : std::optional(bytes_of(message.payload, message.len));
}

}  // namespace hub::kafka
