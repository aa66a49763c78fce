#include "actors/models/slots.hpp"

#include <algorithm>

#include "events/core/digest.hpp"

namespace hub::models {
namespace {

/// In a row, before a model cools down.
constexpr std::int32_t kFailuresMax = 5;
/// Of the first cool-down in a row; doubles with each …
constexpr Duration kCoolDown = seconds(10);
/// … up to this.
constexpr Duration kCoolDownMax = seconds(300);
/// Where an endpoint asks for less and does not say for how long.
constexpr Duration kSlowDown = seconds(1);
constexpr Duration kBackOffMax = seconds(3'600);

Duration doubled(Duration initial, std::int32_t times, Duration longest) {
  const auto shift = std::clamp(times, 0, 20);
  if (initial.micros > longest.micros >> shift) return std::max(initial, longest);
  return {initial.micros << shift};
}

/// Who is in line for a slot.
struct Next {
  std::string key;
  std::string task;              ///< of this model …
  const Guest* guest = nullptr;  ///< … or another model
};

/// Behind `events`, which may be about the task already.
tasks::TaskStarted started(const State& state, const std::string& task, const Events& events) {
  const auto row = known_task_row(state, task);
  const auto is_its = [&](const Event& event) {
    const auto* of = task_of(event);
    return of != nullptr && of->task == task;
  };
  tasks::TaskStarted started;
  started.task = task;
  started.version = row.version + static_cast<Version>(std::count_if(events.begin(), events.end(), is_its)) + 1;
  started.attempt = row.attempts + 1;
  return started;
}

/// Nothing when it cools down that long already.
std::optional<Instant> cool_down(Breaker& breaker, Instant until) {
  breaker.failures = 0;
  if (breaker.until && *breaker.until >= until) return std::nullopt;
  // Those that were under way when it began to cool down do not count again.
  if (!breaker.until) ++breaker.cool_downs;
  breaker.until = until;
  return until;
}

}  // namespace

Outlook outlook_of(const State& state) {
  const auto own = std::count_if(state.calls.begin(), state.calls.end(), [](const Call& call) { return !call.loan; });
  return {state.status, state.spec.max_workers, static_cast<std::size_t>(own) + state.lent.size(), state.breaker};
}

std::size_t free_slots(const Outlook& outlook) {
  if (outlook.status != Status::online || outlook.breaker.until) return 0;
  const auto slots = outlook.breaker.cool_downs > 0 ? 1U : static_cast<std::size_t>(std::max(outlook.max_workers, 0));
  return slots > outlook.calls ? slots - outlook.calls : 0;
}

void give_slots(const State& state, const Outlook& outlook, std::vector<Waiting> others, Events& events,
                const std::function<bool(const Guest&)>& gone) {
  const auto free = free_slots(outlook);
  if (free == 0) return;
  std::vector<Next> line;
  for (auto& each : first_ready(state, free)) line.push_back({std::move(each.key), std::move(each.task), nullptr});
  for (auto& each : others) line.push_back({std::move(each.key), std::move(each.task), nullptr});
  for (const auto& guest : state.guests)
    if (!gone(guest)) line.push_back({ready_key(guest), {}, &guest});
  std::sort(line.begin(), line.end(), [](const Next& one, const Next& other) { return one.key < other.key; });
  if (line.size() > free) line.resize(free);
  for (const auto& next : line) {
    if (next.guest != nullptr)
      events.emplace_back(ModelSlotLent{next.guest->borrower, next.guest->number});
    else
      events.emplace_back(started(state, next.task, events));
  }
}

void succeed(Breaker& breaker) {
  breaker.failures = 0;
  if (!breaker.until) breaker.cool_downs = 0;
}

std::optional<Instant> fail(Breaker& breaker, Instant now) {
  const bool tried_again = breaker.cool_downs > 0 && !breaker.until;
  if (++breaker.failures < kFailuresMax && !tried_again) return std::nullopt;
  return cool_down(breaker, now + doubled(kCoolDown, breaker.cool_downs, kCoolDownMax));
}

std::optional<Instant> slow_down(Breaker& breaker, Duration retry_after, Instant now) {
  return cool_down(breaker, now + std::max(retry_after, kSlowDown));
}

Duration back_off(const TaskRow& row, std::string_view task) {
  const auto whole = doubled(row.retry_delay, row.retries, kBackOffMax);
  const auto drawn = sha256(std::string(task) + "." + std::to_string(row.attempts));
  constexpr std::int64_t kParts = 1'024;
  const std::int64_t part = (drawn[0] << 8 | drawn[1]) % kParts;
  return {whole.micros - whole.micros / (4 * kParts) * part};
}

}  // namespace hub::models
