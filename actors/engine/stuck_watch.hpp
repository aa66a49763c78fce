#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hub::engine {

/// Tells a runner that hangs from one that waits for the log, for room, or for an assignment.
class StuckWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// Something was to be done for so long, nothing was finished, and nobody else was waited for at any look.
  static constexpr std::chrono::milliseconds kStuckAfter{10'000};
  /// How often it is to look.
  static constexpr std::chrono::milliseconds kLookEvery{1'000};

  /// `inputs`: decided so far; `queued`: waiting to be; `waits`: for others.
  bool is_stuck(std::uint64_t inputs, std::size_t queued, bool waits, Time now) {
    if (inputs != seen_ || queued == 0 || waits) {
      seen_ = inputs;
      since_.reset();
      return false;
    }
    if (!since_) since_ = now;
    return now - *since_ >= kStuckAfter;
  }

 private:
  std::uint64_t seen_ = 0;
  std::optional<Time> since_;
};

}  // namespace hub::engine
