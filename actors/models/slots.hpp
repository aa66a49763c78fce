#pragma once
#include <functional>

#include "actors/models/queue.hpp"

namespace hub::models {

using Events = std::vector<Event>;

/// What decides how many calls may be under way.
struct Outlook {
  Status status = Status::offline;
  std::int32_t max_workers = 0;
  std::size_t calls = 0;  ///< slots in use, by itself or by others
  Breaker breaker;
};
Outlook outlook_of(const State& state);
/// Calls that may be begun; while a cool-down lasts none, behind it one until one has succeeded.
std::size_t free_slots(const Outlook& outlook);

/// Adds starts of those who are first in line for the free slots: what is ready, `others`, which become ready by the
/// events that are there already, and guests but those that are `gone`.
void give_slots(
    const State& state, const Outlook& outlook, std::vector<Waiting> others, Events& events,
    const std::function<bool(const Guest&)>& gone = [](const Guest&) { return false; });

/// A call succeeded. A cool-down that lasts goes on: the call was begun before it.
void succeed(Breaker& breaker);
/// Counts a failed call; the time until which the model cools down by it, if it does.
std::optional<Instant> fail(Breaker& breaker, Instant now);
/// The endpoint asked for less.
std::optional<Instant> slow_down(Breaker& breaker, Duration retry_after, Instant now);
/// Before a failed attempt is made again: doubles with each, up to an hour, less up to a quarter that differs from task
/// to task.
Duration back_off(const TaskRow& row, std::string_view task);

}  // namespace hub::models
