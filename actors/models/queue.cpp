#include "actors/models/queue.hpp"

#include <stdexcept>

#include "events/core/big_endian.hpp"

namespace hub::models {
namespace {

// Names of the collections.
constexpr char kTasks = 't';    ///< id → row
constexpr char kReady = 'q';    ///< priority, order → id
constexpr char kDelayed = 'd';  ///< time, order → id
constexpr char kSeeking = 's';  ///< as kReady; those of kDelayed that seek a fallback
/// Moved at a time.
constexpr std::size_t kMoved = 256;

std::string task_key(std::string_view task) {
  return kTasks + std::string(task);
}

std::string delayed_key(const TaskRow& row) {
  std::string key(1, kDelayed);
  append_big_endian(key, static_cast<std::uint64_t>(row.due->micros));
  append_big_endian(key, row.order);
  return key;
}

std::string seeking_key(const TaskRow& row) {
  auto key = ready_key(row);
  key.front() = kSeeking;
  return key;
}

std::vector<Waiting> first_of(const State& state, char name, std::size_t count) {
  std::vector<Waiting> found;
  if (count == 0) return found;
  for (auto& [key, task] : state.collections.head(name, count)) found.push_back({std::move(key), std::move(task)});
  return found;
}

Instant due_of(std::string_view delayed) {
  delayed.remove_prefix(1);
  return {static_cast<std::int64_t>(take_big_endian<std::uint64_t>(delayed))};
}

}  // namespace

std::optional<TaskRow> task_row(const State& state, std::string_view task) {
  const auto found = state.collections.get(task_key(task));
  if (!found) return std::nullopt;
  auto row = decode_task_row(*found);
  if (!row) throw std::runtime_error("the row of a task does not decode");
  return row;
}

TaskRow known_task_row(const State& state, std::string_view task) {
  auto row = task_row(state, task);
  if (!row) throw std::logic_error("a task without a row");
  return std::move(*row);
}

void put_task_row(State& state, std::string_view task, const TaskRow& row) {
  state.collections.put(task_key(task), encode_task_row(row));
}

std::vector<Waiting> first_ready(const State& state, std::size_t count) {
  return first_of(state, kReady, count);
}

std::vector<Waiting> first_seeking(const State& state, std::size_t count) {
  auto found = first_of(state, kSeeking, count);
  for (auto& each : found) each.key.front() = kReady;
  return found;
}

std::vector<Waiting> due(const State& state, Instant now) {
  auto earliest = state.collections.head(kDelayed, kMoved);
  while (earliest.size() % kMoved == 0 && !earliest.empty() && due_of(earliest.back().first) <= now) {
    const auto seen = earliest.size();
    earliest = state.collections.head(kDelayed, 2 * seen);
    if (earliest.size() == seen) break;
  }
  std::vector<Waiting> found;
  for (const auto& [key, task] : earliest) {
    if (due_of(key) > now) break;
    found.push_back({ready_key(known_task_row(state, task)), task});
  }
  return found;
}

std::optional<Instant> next_due(const State& state) {
  const auto first = state.collections.head(kDelayed, 1);
  if (first.empty()) return std::nullopt;
  return due_of(first.front().first);
}

std::string ready_key(const TaskRow& row) {
  std::string key(1, kReady);
  key += static_cast<char>('0' + tasks::kPriorityMax - row.priority);
  append_big_endian(key, row.order);
  return key;
}

std::string ready_key(const Guest& guest) {
  TaskRow row;
  row.priority = guest.priority;
  row.order = guest.behind;
  auto key = ready_key(row);
  // Longer than the key of the task before it, and so behind it.
  append_big_endian(key, guest.number);
  return key + guest.borrower;
}

void enqueue(State& state, std::string_view task, const TaskRow& row) {
  if (!row.due) ++state.ready.at(static_cast<std::size_t>(row.priority));
  state.collections.put(row.due ? delayed_key(row) : ready_key(row), std::string(task));
  if (row.seeks) state.collections.put(seeking_key(row), std::string(task));
}

void dequeue(State& state, const TaskRow& row) {
  if (!row.due) --state.ready.at(static_cast<std::size_t>(row.priority));
  state.collections.erase(row.due ? delayed_key(row) : ready_key(row));
  if (row.seeks) state.collections.erase(seeking_key(row));
}

void make_ready(State& state, Instant now) {
  for (;;) {
    const auto earliest = state.collections.head(kDelayed, kMoved);
    std::size_t moved = 0;
    for (const auto& [key, task] : earliest) {
      if (due_of(key) > now) break;
      auto row = known_task_row(state, task);
      dequeue(state, row);
      row.due.reset();
      row.seeks.reset();
      enqueue(state, task, row);
      put_task_row(state, task, row);
      ++moved;
    }
    if (moved < kMoved) return;
  }
}

}  // namespace hub::models
