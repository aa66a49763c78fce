#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/tasks/events.hpp"

namespace hub::models {

/// What decisions need to know of one task. Its input and result stay in its events.
struct TaskRow {
  tasks::Status status = tasks::Status::pending;
  Version version = 0;
  std::int32_t priority = 2;
  std::uint64_t order = 0;    ///< of its submission: what is ready goes by priority, then by this
  std::int32_t attempts = 0;  ///< begun
  std::int32_t retries = 0;   ///< used up
  std::int32_t max_retries = 0;
  Duration timeout;
  Duration retry_delay;
  std::optional<Instant> due;  ///< pending, and not before
  /// While it waits for a retry: the first of its model's fallbacks that may take it before that.
  std::optional<std::int32_t> seeks;
  bool operator==(const TaskRow&) const = default;
};

/// Bytes: it is read and written with each step of a task.
std::string encode_task_row(const TaskRow& row);
/// Nothing when they are not of such a row.
std::optional<TaskRow> decode_task_row(std::string_view bytes);

}  // namespace hub::models
