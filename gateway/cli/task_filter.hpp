#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::cli {

inline constexpr const char* kTasks = "/api/v1/tasks";

/// Which tasks are meant, as text. Empty: not given.
struct TaskFilter {
  std::string status, model, type, priority, label, text, since, until, project;

  bool is_given() const;
};

/// Its flags. `status_help` says what it means when none is given.
void add_filter_flags(CLI::App& command, TaskFilter& filter, const std::string& status_help);

/// As parameters of the API. Fails: `cli.usage` for a time that is none.
Result<std::vector<std::pair<std::string, std::string>>> parameters_of(const TaskFilter& filter, Instant now);

}  // namespace hub::cli
