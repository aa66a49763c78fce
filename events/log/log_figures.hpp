#pragma once
#include <atomic>
#include <chrono>

#include "events/core/histogram.hpp"

namespace hub::log {

/// A durable write that takes longer is worth a line of the server's log.
inline constexpr std::chrono::milliseconds kSlowWrite{500};
/// At most one such line in so long.
inline constexpr std::chrono::seconds kSlowWriteEvery{5};

/// How the disk of a log does; read from any thread.
class LogFigures {
 public:
  /// One write with its fsync, as the writer waited for it.
  void wrote(std::chrono::microseconds duration);

  MicrosHistogram fsync{kMicrosBounds};
  std::atomic<std::uint64_t> slow{0};  ///< longer than kSlowWrite

 private:
  std::atomic<std::int64_t> said_at_{0};  ///< of the steady clock, in microseconds
  std::atomic<std::uint64_t> unsaid_{0};
};

}  // namespace hub::log
