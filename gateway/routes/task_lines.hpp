#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::routes {

inline constexpr std::size_t kBatchTasksMax = 10'000;

/// The tasks of a batch, each as its own JSON: of an array, or with `by_line` one on each line that is not blank. What
/// is wrong with one of them is found when it is read. Fails: malformed `json.invalid` (an array that is none); invalid
/// `task.batch_size` (none, or more than kBatchTasksMax).
Result<std::vector<std::string>> split_tasks(std::string_view body, bool by_line);

}  // namespace hub::routes
