#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/session.hpp"

namespace hub::cli {

/// Lines of a file of tasks that go in one request.
struct TaskLines {
  std::string body;
  std::vector<std::size_t> numbers;  ///< of each of its tasks: its line in the file, from 1
};

/// Cuts a file into requests of at most `tasks_max` tasks and `bytes_max` bytes; a longer line goes alone, for the
/// server to refuse. Blank lines are left out.
std::vector<TaskLines> cut_into_requests(std::string_view file, std::size_t tasks_max, std::size_t bytes_max);

/// Submits a file of one task a line ("-": standard input), as many as there are. The ids of those that were taken go
/// to standard output in their order, and a line for each that was refused to standard error; with -o json one document
/// of all, each with its line. `done` only when all were taken.
Exit submit_file(Session& session, const std::string& path, const std::string& project,
                 const std::string& idempotency_key);

}  // namespace hub::cli
