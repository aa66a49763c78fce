#include "gateway/routes/task_lines.hpp"

#include <simdjson.h>

#include "events/core/json.hpp"

namespace hub::routes {
namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

void split_lines(std::string_view body, std::vector<std::string>& tasks) {
  while (!body.empty() && tasks.size() <= kBatchTasksMax) {
    const auto end = body.find('\n');
    const auto line = body.substr(0, end);
    if (!is_blank(line)) tasks.emplace_back(line);
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
  }
}

Result<void> split_array(std::string_view body, std::vector<std::string>& tasks) {
  const auto bad =
      malformed("json.invalid", "must be an array of tasks, or a task on each line (application/x-ndjson)");
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.allocate(body.size(), kJsonDepthMax) != simdjson::SUCCESS) return bad;
  if (parser.parse(body.data(), body.size(), true).get(array) != simdjson::SUCCESS) return bad;
  for (const auto element : array) {
    tasks.push_back(simdjson::minify(element));
    if (tasks.size() > kBatchTasksMax) break;
  }
  return success();
}

}  // namespace

Result<std::vector<std::string>> split_tasks(std::string_view body, bool by_line) {
  std::vector<std::string> tasks;
  if (by_line) {
    split_lines(body, tasks);
  } else {
    HUB_TRY(split_array(body, tasks));
  }
  if (tasks.empty() || tasks.size() > kBatchTasksMax) return invalid("task.batch_size", "must be 1 to 10,000 tasks");
  return tasks;
}

}  // namespace hub::routes
