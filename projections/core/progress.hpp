#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "projections/core/store.hpp"

namespace hub::projections {

/// How far a projection is behind its log.
struct Lag {
  std::uint64_t records = 0;  ///< not yet folded
  Duration time;              ///< since the oldest of them was written; 0 when there is none
};

/// How long a query waits for the position it was asked to have seen.
inline constexpr std::chrono::milliseconds kMinPositionPatience{250};
/// Callers of when_reached() at a time; more are refused.
inline constexpr std::size_t kWaitersMax = 65'536;

/// How far a projection has come, and those who wait for it. All calls are safe from any thread.
class Progress {
 public:
  Progress(log::Log& log, const Marks& marks);

  Cursor cursor() const;
  /// What `min_pos=partition:seq` asks for, as a cursor. Fails: invalid `position.unknown` (no such partition).
  Result<Cursor> cursor_at(Position position) const;

  /// True when rows of `min` can be read; false when `patience` ran out before: then see lag().
  /// Fails: invalid `cursor.other_log` when `min` is of another log or shape.
  Result<bool> wait_for(const Cursor& min, std::chrono::milliseconds patience = kMinPositionPatience);

  /// Calls `reached` once: at once on this thread when `min` is reached already (then the answer is 0), else on the
  /// projection's thread. It must not block. Not called any more when the projection stops or after cancel().
  /// Fails: invalid `cursor.other_log`, too_many `projection.waiters`.
  Result<std::uint64_t> when_reached(const Cursor& min, std::function<void()> reached);
  /// False when it has been called, or is being called now.
  bool cancel(std::uint64_t waiter);

  Lag lag(Instant now) const;

  /// By the projection's thread after each fold.
  void advance(const Marks& marks);
  /// Ends all waiting; none of the waiters has reached anything.
  void close();

 private:
  struct Waiter {
    Cursor min;
    std::function<void()> reached;
  };
  Result<void> check(const Cursor& min) const;
  bool covers(const Cursor& min) const;  // needs the lock

  log::Log& log_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  Cursor cursor_;
  bool closed_ = false;
  std::uint64_t last_waiter_ = 0;
  std::map<std::uint64_t, Waiter> waiters_;
};

}  // namespace hub::projections
