#pragma once
#include <string>
#include <string_view>

#include "actors/models/commands.hpp"
#include "events/core/result.hpp"

namespace hub::routes {

/// A task as it is asked for; its input is not sealed yet.
struct TaskBody {
  std::string model;  ///< id or name
  models::NewTask task;
};

/// Fails: as from_json; invalid `task.type`, `task.priority`, `task.timeout`, `task.max_retries`, `task.retry_delay`,
/// `task.labels`, `task.invalid_input`, each with the field.
Result<TaskBody> parse_task(std::string_view json);

}  // namespace hub::routes
