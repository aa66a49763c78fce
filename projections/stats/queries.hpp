#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "projections/core/feed.hpp"

namespace hub::stats {

inline constexpr std::int64_t kDaysDefault = 7, kDaysMax = 366;
inline constexpr std::int64_t kHoursDefault = 24, kHoursMax = 30 * 24;

/// Answers with figures of tasks from the projection "tasks", all of them from sums that are kept: nothing is counted.
/// What is not known, because there is nothing to tell it from, is null. "The last 24 hours" are the hour of `now` in
/// UTC and the 23 before it. All calls are safe from any thread.
class Stats {
 public:
  /// `feed` outlives it.
  explicit Stats(projections::Feed& feed) : feed_(feed) {}

  /// {tasks: {pending, running, completed, failed, cancelled}, models: [{id, name, status, running, slots, pending}],
  /// last_24h: {completed, failed, success_rate, tokens, cost_usd_micro, wait_ms: {p50, p95, p99}, run_ms: {…}}}
  std::string dashboard(const std::vector<std::string>& projects, Instant now) const;

  /// {items: [{date, total, completed, failed, cancelled, success_rate, tokens, cost_usd_micro}]}, one a UTC day, the
  /// last is that of `now`: of the tasks that were submitted on it, how they stand. 1 to kDaysMax days.
  std::string by_date(const std::vector<std::string>& projects, std::int64_t days, Instant now) const;

  /// {items: [{hour, submitted, completed, failed, cancelled, success_rate, tokens, cost_usd_micro, wait_ms, run_ms,
  /// queue: {last, most}}]}, one an hour, the last is that of `now`: what was submitted and what ended in it, and how
  /// many waited. `model`: of that one alone, of whatever project. 1 to kHoursMax hours.
  std::string by_hour(const std::vector<std::string>& projects, const std::optional<std::string>& model,
                      std::int64_t hours, Instant now) const;

  /// {items: [{id, name, status, running, slots, pending, tasks: {…}, last_24h: {…}}]}, for each model that is not
  /// deleted.
  std::string by_model(const std::vector<std::string>& projects, Instant now) const;

  projections::Feed& feed() const { return feed_; }

 private:
  projections::Feed& feed_;
};

/// The dashboard from one snapshot.
std::string dashboard(const projections::StoreView& rows, const std::vector<std::string>& projects, Instant now);

}  // namespace hub::stats
