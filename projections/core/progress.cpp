#include "projections/core/progress.hpp"

#include <algorithm>

namespace hub::projections {

Progress::Progress(log::Log& log, const Marks& marks) : log_(log), cursor_(cursor_of(marks)) {}

Cursor Progress::cursor() const {
  const std::lock_guard lock(mutex_);
  return cursor_;
}

Result<Cursor> Progress::cursor_at(Position position) const {
  if (position.partition >= log_.partitions()) return invalid("position.unknown", "there is no such partition");
  Cursor cursor{log_.incarnation(), std::vector<std::uint64_t>(log_.partitions())};
  cursor.seqs[position.partition] = position.seq;
  return cursor;
}

Result<bool> Progress::wait_for(const Cursor& min, std::chrono::milliseconds patience) {
  HUB_TRY(check(min));
  std::unique_lock lock(mutex_);
  moved_.wait_for(lock, patience, [&] { return closed_ || covers(min); });
  return covers(min);
}

Result<std::uint64_t> Progress::when_reached(const Cursor& min, std::function<void()> reached) {
  HUB_TRY(check(min));
  {
    const std::lock_guard lock(mutex_);
    if (!covers(min)) {
      if (waiters_.size() >= kWaitersMax)
        return Failure{FailureKind::too_many, "projection.waiters", "too many queries wait for a position", {}, 1'000};
      waiters_.emplace(++last_waiter_, Waiter{min, std::move(reached)});
      return last_waiter_;
    }
  }
  reached();
  return std::uint64_t{0};
}

bool Progress::cancel(std::uint64_t waiter) {
  const std::lock_guard lock(mutex_);
  return waiters_.erase(waiter) > 0;
}

Lag Progress::lag(Instant now) const {
  const auto folded = cursor();
  Lag lag;
  for (PartitionId partition = 0; partition < folded.seqs.size(); ++partition) {
    const auto seq = folded.seqs[partition];
    const auto head = log_.head(partition).seq;
    if (head <= seq) continue;
    lag.records += head - seq;
    const auto unread = log_.read(partition, seq + 1, 1);
    if (unread && !unread.value().empty()) lag.time = std::max(lag.time, now - unread.value().front()->end.index_time);
  }
  return lag;
}

void Progress::advance(const Marks& marks) {
  std::vector<std::function<void()>> reached;
  {
    const std::lock_guard lock(mutex_);
    cursor_ = cursor_of(marks);
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      if (!covers(waiter->second.min)) {
        ++waiter;
        continue;
      }
      reached.push_back(std::move(waiter->second.reached));
      waiter = waiters_.erase(waiter);
    }
  }
  moved_.notify_all();
  for (const auto& call : reached) call();
}

void Progress::close() {
  std::map<std::uint64_t, Waiter> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(waiters_);
  }
  moved_.notify_all();
}

Result<void> Progress::check(const Cursor& min) const {
  if (min.incarnation == log_.incarnation() && min.seqs.size() == log_.partitions()) return success();
  return invalid("cursor.other_log", "this position is of another log");
}

bool Progress::covers(const Cursor& min) const {
  for (std::size_t i = 0; i < min.seqs.size(); ++i)
    if (!cursor_.covers(i, min.seqs[i])) return false;
  return true;
}

}  // namespace hub::projections
