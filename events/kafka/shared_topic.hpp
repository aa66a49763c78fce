#pragma once
#include <condition_variable>
#include <mutex>

#include "events/kafka/topic_follower.hpp"

namespace hub::kafka {

/// A compacted topic of one partition that several nodes write and all follow. Safe from any thread.
class SharedTopic {
 public:
  struct Record {
    std::string key;
    std::optional<std::string> value;  ///< nothing: deletes what was said under the key
  };
  struct Options {
    Brokers brokers;
    std::string topic;
    Duration delivery_max = seconds(3);       ///< behind it nothing of a write comes any more
    Duration patience = milliseconds(4'500);  ///< of each call
  };
  using Take = std::function<void(std::string_view key, std::optional<std::string_view> value)>;

  /// Gives `take` all that is there by now, then returns; later records come on a thread of its own, one at a time.
  /// Fails: as failure_of() within `patience`; invalid `kafka.conf`.
  static Result<std::unique_ptr<SharedTopic>> open(Options options, Take take, const Patience& patience);
  SharedTopic(const SharedTopic&) = delete;
  SharedTopic& operator=(const SharedTopic&) = delete;
  ~SharedTopic();

  /// Returns when all that was written by now was taken; the topic gets a record for that, which deletes nothing.
  /// Fails: as failure_of().
  Result<void> catch_up();
  /// Appends the records in this order, each once, and returns when all copies that must have them do (acks=all) and
  /// they were taken here. Fails: as failure_of(): then a first part of them may be there, or all.
  Result<void> write(const std::vector<Record>& records);

 private:
  class Turn;

  explicit SharedTopic(Options options) : options_(std::move(options)) {}
  Result<void> open_writer();
  void drop_writer();
  Result<void> write(const std::vector<Record>& records, const Patience& patience);
  Result<std::int64_t> deliver(const std::vector<Record>& records, const Patience& patience);

  const Options options_;
  Client writer_;  ///< of whoever has the turn
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;  ///< somebody has the turn
  std::unique_ptr<TopicFollower> follower_;
};

}  // namespace hub::kafka
