#include "events/kafka/topic_follower.hpp"

#include <pthread.h>

#include "events/core/logging.hpp"
#include "events/kafka/topic_reading.hpp"

namespace hub::kafka {
namespace {

/// Longest wait for a record: so long the end of the follower may take.
constexpr int kPollMs = 100;
constexpr Duration kLook = seconds(1);

}  // namespace

Result<std::unique_ptr<TopicFollower>> TopicFollower::start(const Brokers& brokers, std::string topic, Take take) {
  HUB_TRY(auto conf,
          make_conf(brokers,
                    {{"isolation.level", "read_committed"}, {"fetch.error.backoff.ms", "50"}, {"check.crcs", "true"}}));
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
  TopicReading reading(client_.get(), topic_, Patience(kLook));
  const auto is_stopping = [this] {
    const std::lock_guard lock(mutex_);
    return stopping_;
  };
  while (!is_stopping()) {
    const auto message = reading.next(kPollMs);
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      take_(*message);
      reach(message->offset + 1);
    } else {
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

Result<void> TopicFollower::wait_for(std::int64_t offset, const Patience& patience) const {
  std::unique_lock lock(mutex_);
  const auto is_there = [&] { return next_ > offset; };
  if (reached_.wait_for(lock, std::chrono::milliseconds(patience.left_ms()), is_there)) return success();
  return failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "the topic " + topic_ + " cannot be read");
}

}  // namespace hub::kafka
