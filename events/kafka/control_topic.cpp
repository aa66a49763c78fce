#include "events/kafka/control_topic.hpp"

#include "events/kafka/topic_reading.hpp"

namespace hub::kafka {
namespace {

constexpr int kSliceMs = 250;

/// What became of a record; nothing as long as that is not known.
using Delivery = std::optional<rd_kafka_resp_err_t>;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  *static_cast<Delivery*>(message->_private) = message->err;
}

}  // namespace

Result<void> read_control(const Brokers& brokers, const std::string& name, const Patience& patience,
                          const ControlRecord& take) {
  const auto topic = Topics(name).control;
  Settings settings{
      {"enable.partition.eof", "true"}, {"isolation.level", "read_committed"}, {"fetch.wait.max.ms", "20"}};
  settings.insert(kQuiet.begin(), kQuiet.end());
  HUB_TRY(auto conf, make_conf(brokers, settings));
  HUB_TRY(const auto client, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  TopicReading reading(client.get(), topic, patience);
  // A topic made just now is not known to every broker yet: errors count when they last.
  auto trouble = RD_KAFKA_RESP_ERR__TIMED_OUT;
  while (!patience.over()) {
    const auto message = reading.next(patience.slice_ms(kSliceMs));
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return success();
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      trouble = message->err;
    else
      take(bytes_of(message->key, message->key_len), value_of(*message));
  }
  return failure_of(trouble, "the topic " + topic + " cannot be read");
}

Result<void> write_control(const Brokers& brokers, const std::string& name, std::string_view key,
                           std::string_view value, const Patience& patience) {
  const auto topic = Topics(name).control;
  const auto doing = "the topic " + topic + " cannot be written to";
  Settings settings{{"enable.idempotence", "true"},
                    {"acks", "all"},
                    {"linger.ms", "0"},
                    {"message.timeout.ms", std::to_string(std::max(patience.left_ms(), 1))}};
  settings.insert(kQuiet.begin(), kQuiet.end());
  HUB_TRY(auto conf, make_conf(brokers, settings));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  Delivery delivery;  // before the client, which tells of it
  HUB_TRY(const auto client, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  const TopicHandle handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  std::string copy(value);
  if (!handle || rd_kafka_produce(handle.get(), kOnlyPartition, RD_KAFKA_MSG_F_COPY, copy.data(), copy.size(),
                                  key.data(), key.size(), &delivery) != 0)
    return failure_of(rd_kafka_last_error(), doing);
  while (!delivery && !patience.over()) rd_kafka_poll(client.get(), patience.slice_ms(kSliceMs));
  const auto error = delivery.value_or(RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure_of(error, doing);
  return success();
}

}  // namespace hub::kafka
