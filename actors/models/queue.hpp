#pragma once
#include "actors/models/state.hpp"

namespace hub::models {

// The collections of a model: its tasks by id, those that are ready in the order in which they get slots, and those
// that wait for a time in the order of their times.

// What does not fit throws: the engine sets the entity aside then, and the others go on.
std::optional<TaskRow> task_row(const State& state, std::string_view task);
/// Of a task that is there.
TaskRow known_task_row(const State& state, std::string_view task);
void put_task_row(State& state, std::string_view task, const TaskRow& row);

struct Waiting {
  std::string key;  ///< in the order in which slots are given
  std::string task;
};
/// Ready ones, the first first.
std::vector<Waiting> first_ready(const State& state, std::size_t count);
/// All whose time has come at `now`, in the order of their times; `key` is that which they will have when they are
/// ready.
std::vector<Waiting> due(const State& state, Instant now);
/// The earliest time that a task waits for.
std::optional<Instant> next_due(const State& state);

/// Tasks that wait for a retry and may go to a fallback before that, the first first.
std::vector<Waiting> first_seeking(const State& state, std::size_t count);

/// Where a task of such a row stands among the ready ones.
std::string ready_key(const TaskRow& row);
/// Where another model stands among them: behind the tasks that were submitted before it asked.
std::string ready_key(const Guest& guest);
/// Puts a pending task where its row says: among the ready ones, or those that wait for `row.due`, and those that seek
/// a fallback meanwhile.
void enqueue(State& state, std::string_view task, const TaskRow& row);
void dequeue(State& state, const TaskRow& row);
/// Those whose time has come at `now` are ready from now on.
void make_ready(State& state, Instant now);

}  // namespace hub::models
