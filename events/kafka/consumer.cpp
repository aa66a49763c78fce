#include "events/kafka/consumer.hpp"

#include <pthread.h>

#include "events/core/logging.hpp"

namespace hub::kafka {
namespace {

/// It is woken when there is something; this only bounds one wait.
constexpr int kPollMs = 1'000;
constexpr std::string_view kStatisticsMs = "2000";

Offsets assignment(const std::string& topic, const std::vector<std::int64_t>& offsets) {
  Offsets list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    auto* place = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(i));
    place->offset = offsets[i];
  }
  return list;
}

}  // namespace

Result<std::unique_ptr<Consumer>> Consumer::start(const Brokers& brokers, const std::string& topic,
                                                  const std::vector<std::int64_t>& offsets, Handler handler,
                                                  Truncated truncated) {
  // A group is needed by the interface; nothing is committed to it, and nobody joins.
  HUB_TRY(auto conf,
          make_conf(brokers, {{"group.id", topic + "-copy"},
                              {"isolation.level", "read_committed"},
                              {"enable.auto.commit", "false"},
                              {"enable.auto.offset.store", "false"},
                              {"auto.offset.reset", truncated == Truncated::tell ? "error" : "earliest"},
                              {"enable.partition.eof", "true"},
                              {"fetch.error.backoff.ms", "50"},
                              {"statistics.interval.ms", std::string(handler.statistics ? kStatisticsMs : "0")},
                              {"check.crcs", "true"}}));
  std::unique_ptr<Consumer> consumer(new Consumer);
  rd_kafka_conf_set_stats_cb(conf.get(), on_statistics);
  rd_kafka_conf_set_opaque(conf.get(), consumer.get());
  consumer->handler_ = std::move(handler);
  HUB_TRY(consumer->client_, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  consumer->queue_.reset(rd_kafka_queue_get_consumer(consumer->client_.get()));
  rd_kafka_poll_set_consumer(consumer->client_.get());
  const auto list = assignment(topic, offsets);
  if (const auto error = rd_kafka_assign(consumer->client_.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return unavailable("kafka.unreachable", text_of(error));
  consumer->thread_ = std::thread([at = consumer.get()] { at->run(); });
  pthread_setname_np(consumer->thread_.native_handle(), "hub-kafka-read");
  return consumer;
}

Consumer::~Consumer() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  rd_kafka_queue_yield(queue_.get());
  thread_.join();
  queue_.reset();
  rd_kafka_consumer_close(client_.get());
}

int Consumer::on_statistics(rd_kafka_t*, char* json, std::size_t size, void* consumer) {
  const auto& handler = static_cast<Consumer*>(consumer)->handler_;
  if (handler.statistics) handler.statistics({json, size});
  return 0;
}

void Consumer::run() {
  while (!stopping_) {
    const Message message(rd_kafka_consumer_poll(client_.get(), kPollMs));
    if (message) take(*message);
  }
}

void Consumer::take(const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      handler_.message(message);
      break;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      handler_.reached_end(static_cast<PartitionId>(message.partition), message.offset);
      break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      handler_.truncated(static_cast<PartitionId>(message.partition));
      break;
    default:
      // It goes on by itself when the brokers are back.
      logging::write(logging::Level::warning, "the topic cannot be read at the moment",
                     {{"error", rd_kafka_message_errstr(&message)}, {"partition", message.partition}});
  }
}

}  // namespace hub::kafka
