#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "events/log/record.hpp"

namespace hub::projections {

/// Bytes of event data that may wait to be folded; beyond it batches are read from the log again instead.
inline constexpr std::size_t kInboxBytesMax = 16U << 20U;

/// What the appending threads hand to the projection's thread. Never blocks them for long, and never grows beyond
/// its bound: what does not fit is dropped and said so.
class Inbox {
 public:
  struct Taken {
    std::vector<log::BatchPtr> batches;
    std::vector<std::function<void()>> jobs;
    bool dropped = false;  ///< the log has batches that were not handed over
    bool stopped = false;
  };

  explicit Inbox(std::size_t bytes_max = kInboxBytesMax) : bytes_max_(bytes_max) {}

  void push(const std::vector<log::BatchPtr>& batches);
  /// Runs `job` on the projection's thread; false after stop().
  bool post(std::function<void()> job);
  void stop();

  /// Waits until there is something, or until `due`.
  Taken take(std::optional<std::chrono::steady_clock::time_point> due);
  /// Takes the batches that are there.
  std::vector<log::BatchPtr> take_batches();

 private:
  std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  Taken waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace hub::projections
