#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>

namespace hub::log {

/// How long this node may take for granted that no other node has what it owns. Of a log that nodes share: extended
/// each time the group has heard of this node. Whoever does something outside that two nodes must not do at once begins
/// it while the lease holds, and ends it when it does not any longer. Safe from any thread.
class Lease {
 public:
  using Clock = std::chrono::steady_clock;

  void extend(Clock::time_point until) {
    until_ = until.time_since_epoch().count();
    const std::lock_guard lock(mutex_);
    if (extended_) extended_();
  }

  Clock::time_point until() const { return Clock::time_point(Clock::duration(until_.load())); }
  bool holds() const { return Clock::now() < until(); }

  /// Told on the thread that extends it; must not block. Empty: nobody; whoever was told runs no more when it returns.
  void on_extended(std::function<void()> extended) {
    const std::lock_guard lock(mutex_);
    extended_ = std::move(extended);
  }

 private:
  std::atomic<Clock::rep> until_{0};
  std::mutex mutex_;
  std::function<void()> extended_;
};

}  // namespace hub::log
