#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/models/events.hpp"
#include "projections/core/projection.hpp"

namespace hub::model_rows {

inline constexpr std::size_t kStatuses = 5;  ///< of tasks
inline constexpr std::size_t kClasses = 3;   ///< of priorities

/// The class of a priority: 0 is the most urgent.
constexpr std::size_t class_of(std::int32_t priority) {
  return static_cast<std::size_t>(tasks::kPriorityMax - priority);
}

/// The tasks of one priority that wait. Those that were ready from the beginning, and those that got a time to wait
/// for, stand in two indexes; both are in the order of their submission.
struct Line {
  std::int64_t ready = 0;
  std::int64_t timed = 0;   ///< ready or not, by the model's last waking
  std::uint64_t first = 0;  ///< no ready one has a lesser order: what was taken from the front is not walked over
  bool operator==(const Line&) const = default;
};

/// One model: what its events say, and what its tasks' events come to.
struct View {
  std::string id;
  std::string organisation;
  std::string project;
  std::string owner;  ///< principal that made it
  std::string name;
  std::string spec;  ///< JSON of models::Spec
  std::int32_t max_workers = 0;
  models::Status status = models::Status::offline;
  bool known = false;  ///< its first event has been folded; else only tasks named it
  bool deleted = false;
  Instant cool_until;                           ///< set while it cools down …
  std::string cool_code;                        ///< … because of this
  bool tried = false;                           ///< behind a cool-down: one call alone until one succeeds
  std::array<std::int64_t, kStatuses> tasks{};  ///< by tasks::Status
  std::int64_t calls = 0;         ///< slots in use, those of cancelled tasks and those that are lent included
  std::uint64_t submissions = 0;  ///< gives the next order
  std::uint64_t wakings = 0;
  Instant woken_at;  ///< the latest
  Duration per_end;  ///< between the ends of two calls, averaged; 0: not known
  Instant last_end;
  std::array<Line, kClasses> lines;
  Instant created_at;
  Instant updated_at;  ///< of its own last event
  Version version = 0;
  Position position;  ///< of its last event, those of its tasks included

  std::int64_t pending() const { return tasks[static_cast<std::size_t>(tasks::Status::pending)]; }
  /// Calls that may be under way at a time, as things are.
  std::int64_t slots() const { return tried ? 1 : max_workers; }
  bool operator==(const View&) const = default;
};

/// Folds one event of the model itself; pure. On a failure `view` is as it was. Fails: internal
/// `projection.version_gap` when it does not follow; what decode_event fails with.
Result<void> apply(View& view, const projections::Recorded& recorded);
/// The end of a call, as the model counts it.
void call_ended(View& view, Instant at);

std::string encode_row(const View& view);
/// Fails: internal `projection.corrupt`.
Result<View> decode_row(std::string_view bytes);

/// {id, name, type, its settings, api_key: {set, last4}, max_workers, max_queue_size, task_defaults, price, labels,
/// fallbacks, status, cooling_down?: {until, code}, running, pending, project, owner, created_at, updated_at, version,
/// position}
std::string to_answer(const View& view);
/// What was given to describe it; holds the name of its secret. Fails as from_json does.
Result<models::Spec> spec_of(const View& view);

}  // namespace hub::model_rows
