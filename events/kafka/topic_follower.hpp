#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "events/kafka/admin.hpp"

namespace hub::kafka {

/// Reads a topic of one partition from its beginning and follows it, on a thread of its own; only what is committed.
/// While the brokers are away it waits for them.
class TopicFollower {
 public:
  /// The message is valid during the call.
  using Take = std::function<void(const rd_kafka_message_t&)>;

  /// Connects nothing yet. `take` runs from here on. Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<TopicFollower>> start(const Brokers& brokers, std::string topic, Take take);
  TopicFollower(const TopicFollower&) = delete;
  TopicFollower& operator=(const TopicFollower&) = delete;
  /// `take` runs no more when it returns.
  ~TopicFollower();

  /// Returns when `take` was given all up to the record at this offset. Fails: as failure_of().
  Result<void> wait_for(std::int64_t offset, const Patience& patience) const;

 private:
  TopicFollower(std::string topic, Take take) : topic_(std::move(topic)), take_(std::move(take)) {}
  void run();
  void reach(std::int64_t offset);

  const std::string topic_;
  const Take take_;
  Client client_;
  mutable std::mutex mutex_;
  mutable std::condition_variable reached_;
  std::int64_t next_ = 0;  ///< all records before it were taken
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::kafka
