#pragma once
#include <condition_variable>
#include <mutex>
#include <vector>

#include "events/kafka/kafka_figures.hpp"
#include "events/kafka/kafka_log.hpp"
#include "events/kafka/topics.hpp"
#include "events/log/inputs.hpp"
#include "tests/kafka/mock_brokers.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::kafka::testing {

inline constexpr std::chrono::seconds kNodeDeadline{60};

/// A node of a group on brokers of a test, which has been given every partition.
class MockNode {
 public:
  explicit MockNode(const Brokers& brokers) {
    KafkaLogOptions options;
    options.brokers = brokers;
    options.topic = Topics("ns").events;
    options.transactional_id = "ch-ns-one";
    options.folder = folder_.path() / "log";
    options.partitions = 4;
    options.incarnation = 1;
    options.member = MemberOptions{{}, Topics("ns").commands, "ns", "one", seconds(3)};
    options.figures = figures_;
    auto opened = open_kafka_log(std::move(options));
    HUB_ASSERT(opened);
    log_ = std::move(opened).value();
    HUB_ASSERT(log_->inputs()->start(handler()));
    HUB_ASSERT(is_told(1));
  }
  MockNode(const MockNode&) = delete;
  MockNode& operator=(const MockNode&) = delete;
  ~MockNode() { log_->inputs()->stop(); }

  log::Log& log() { return *log_; }
  const KafkaFigures& figures() const { return *figures_; }

  /// Waits until it was given its partitions so many times in all.
  bool is_told(std::size_t times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kNodeDeadline, [&] { return told_.size() >= times; });
  }
  std::size_t times_told() {
    const std::lock_guard lock(mutex_);
    return told_.size();
  }
  /// Until the group says something, or for so long.
  void wait_for_news(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most);
  }
  /// Of the last time, whether nobody else can have had them meanwhile.
  bool goes_on() {
    const std::lock_guard lock(mutex_);
    return told_.back();
  }
  bool is_truncated() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kNodeDeadline, [&] { return truncated_; });
  }
  bool is_expelled() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kNodeDeadline, [&] { return expelled_; });
  }

 private:
  log::Inputs::Handler handler() {
    log::Inputs::Handler handler;
    handler.assigned = [this](const std::vector<PartitionId>&, bool goes_on) {
      note([&] { told_.push_back(goes_on); });
    };
    handler.revoked = [] {};
    handler.arrived = [](PartitionId, std::uint64_t, std::uint64_t, std::optional<log::Command>) {};
    handler.truncated = [this](PartitionId) { note([&] { truncated_ = true; }); };
    handler.expelled = [this](const Failure&) { note([&] { expelled_ = true; }); };
    return handler;
  }
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  test::TempFolder folder_;
  std::shared_ptr<KafkaFigures> figures_ = std::make_shared<KafkaFigures>(4);
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> told_;
  bool truncated_ = false;
  bool expelled_ = false;
  std::unique_ptr<log::Log> log_;
};

}  // namespace hub::kafka::testing
