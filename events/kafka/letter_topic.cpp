#include "events/kafka/letter_topic.hpp"

#include <pthread.h>

#include "events/core/logging.hpp"
#include "events/kafka/headers.hpp"
#include "events/kafka/produce.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka {
namespace {

constexpr int kPollMs = 100;
constexpr PartitionId kOnly = 0;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  // Without a time-out only what the brokers refuse for good comes back: too large, or not allowed.
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
      message->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    logging::write(logging::Level::error, "a dead letter cannot be told to the other nodes",
                   {{"error", text_of(message->err)}});
}

}  // namespace

Result<std::unique_ptr<LetterTopic>> LetterTopic::open(const Brokers& brokers, const std::string& topic,
                                                       std::int64_t from, Handler handler) {
  HUB_TRY(auto conf, make_conf(brokers, {{"acks", "all"},
                                         {"enable.idempotence", "true"},
                                         {"message.timeout.ms", "0"},
                                         {"linger.ms", "0"},
                                         {"message.max.bytes", std::to_string(kBatchBytesMax)}}));
  std::unique_ptr<LetterTopic> letters(new LetterTopic(topic));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  HUB_TRY(letters->producer_, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  Consumer::Handler reader;
  reader.message = [take = std::move(handler.message)](const rd_kafka_message_t& message) {
    take(foreign_record(message));
  };
  reader.reached_end = [end = std::move(handler.reached_end)](PartitionId, std::int64_t) { end(); };
  reader.truncated = [](PartitionId) {
    logging::write(logging::Level::error, "dead letters are not kept any more from where this node has read to");
  };
  HUB_TRY(letters->consumer_, Consumer::start(brokers, topic, {from}, std::move(reader)));
  letters->thread_ = std::thread([at = letters.get()] { at->run(); });
  pthread_setname_np(letters->thread_.native_handle(), "hub-letters");
  return letters;
}

LetterTopic::~LetterTopic() {
  consumer_.reset();
  if (!thread_.joinable()) return;
  stopping_ = true;
  thread_.join();
  rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(producer_.get(), 0);
}

void LetterTopic::run() {
  while (!stopping_) rd_kafka_poll(producer_.get(), kPollMs);
}

void LetterTopic::publish(const std::string& key, const std::string& value,
                          const std::vector<std::pair<std::string, std::string>>& headers) {
  Outgoing message{key, value, Headers(rd_kafka_headers_new(headers.size()))};
  for (const auto& [name, text] : headers) add_header(message.headers, name, text);
  if (const auto error = produce(producer_.get(), topic_, kOnly, message, nullptr); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    logging::write(logging::Level::error, "a dead letter is not told to the other nodes before the next start",
                   {{"error", text_of(error)}});
}

}  // namespace hub::kafka
