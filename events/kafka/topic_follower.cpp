#include "events/kafka/topic_follower.hpp"

#include <pthread.h>

#include "events/core/logging.hpp"
#include "events/kafka/topic_reading.hpp"

namespace hub::kafka {
namespace {

/// Longest wait for a record: so long the end of the follower may take.
constexpr int kPollMs = 100;
constexpr int kQueryMs = 1'000;

}  // namespace

Result<std::unique_ptr<TopicFollower>> TopicFollower::start(const Brokers& brokers, std::string topic, Take take) {
  // That the end is reached is only told when a fetch brings nothing, so none waits long.
  HUB_TRY(auto conf, make_conf(brokers, {{"enable.partition.eof", "true"},
                                         {"isolation.level", "read_committed"},
                                         {"fetch.wait.max.ms", "100"},
                                         {"fetch.error.backoff.ms", "50"},
                                         {"check.crcs", "true"}}));
  std::unique_ptr<TopicFollower> follower(new TopicFollower(std::move(topic), std::move(take)));
  HUB_TRY(follower->client_, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  follower->thread_ = std::thread([at = follower.get()] { at->run(); });
  pthread_setname_np(follower->thread_.native_handle(), "hub-kafka-foll");
  return follower;
}

TopicFollower::~TopicFollower() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void TopicFollower::run() {
  TopicReading reading(client_.get(), topic_, Patience(milliseconds(kQueryMs)));
  const auto is_stopping = [this] {
    const std::lock_guard lock(mutex_);
    return stopping_;
  };
  while (!is_stopping()) {
    const auto message = reading.next(kPollMs);
    if (!message) continue;
    switch (message->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        take_(*message);
        reach(message->offset + 1);
        break;
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        reach(message->offset);
        break;
      default:
        // It goes on by itself when the brokers are back.
        logging::write(logging::Level::warning, "a topic cannot be read at the moment",
                       {{"topic", topic_}, {"error", rd_kafka_message_errstr(message.get())}});
    }
  }
}

void TopicFollower::reach(std::int64_t offset) {
  {
    const std::lock_guard lock(mutex_);
    next_ = std::max(next_, offset);
  }
  reached_.notify_all();
}

Result<std::int64_t> TopicFollower::end(const Patience& patience) const {
  for (;;) {
    std::int64_t low = 0, high = 0;
    const auto error = rd_kafka_query_watermark_offsets(client_.get(), topic_.c_str(), kOnlyPartition, &low, &high,
                                                        patience.slice_ms(kQueryMs));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return high;
    if (patience.over()) return failure_of(error, "it is not known what is on the topic " + topic_);
  }
}

Result<void> TopicFollower::catch_up(const Patience& patience) const {
  HUB_TRY(const auto wanted, end(patience));
  std::unique_lock lock(mutex_);
  const auto is_there = [&] { return next_ >= wanted; };
  if (reached_.wait_for(lock, std::chrono::milliseconds(patience.left_ms()), is_there)) return success();
  return failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "the topic " + topic_ + " cannot be read");
}

}  // namespace hub::kafka
