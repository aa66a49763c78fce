#include "gateway/routes/task_query.hpp"

#include <algorithm>

#include "adapters/models/request.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/routes/list_query.hpp"
#include "gateway/routes/model_access.hpp"

namespace hub::routes {
namespace {

constexpr Duration kWaitMax = seconds(300);
constexpr std::string_view kFilters[] = {"status", "model", "type", "priority", "label",
                                         "text",   "from",  "to",   "project"};

Result<void> check_names(const http::Request& request, std::initializer_list<std::string_view> others) {
  for (const auto& parameter : request.query.all()) {
    const bool known = std::find(std::begin(kFilters), std::end(kFilters), parameter.name) != std::end(kFilters) ||
                       std::find(others.begin(), others.end(), parameter.name) != others.end();
    if (!known) return invalid("query.unknown", "is not a known parameter", parameter.name);
  }
  return success();
}

Result<Instant> time_in(const http::Request& request, std::string_view name) {
  const auto text = request.query.get(name);
  if (!text) return Instant();
  const auto time = parse_rfc3339(*text);
  if (!time) return invalid("query.range", "must be a time as 2026-03-01T12:00:00Z", name);
  return time.value();
}

}  // namespace

Result<task_rows::ListQuery> task_query_of(Services& services, const http::Request& request,
                                           std::initializer_list<std::string_view> others) {
  HUB_TRY(check_names(request, others));
  task_rows::ListQuery query;
  HUB_TRY(query.projects, projects_of(request));
  HUB_TRY(read_page(request, query));
  const auto& given = request.query;
  if (const auto status = given.get("status")) {
    query.status = enum_of<tasks::Status>(*status);
    if (!query.status)
      return invalid("query.range", "must be pending, running, completed, failed or cancelled", "status");
  }
  if (const auto model = given.get("model")) {
    HUB_TRY(auto found, model_of(services, request, *model, accounts::Role::viewer));
    query.model = std::move(found.id);
  }
  if (const auto type = given.get("type")) {
    if (!calls::task_type_of(*type)) return invalid("query.range", "must be a type of tasks", "type");
    query.type = *type;
  }
  HUB_TRY(const auto priority, given.number("priority", tasks::kPriorityMin, tasks::kPriorityMax));
  if (priority) query.priority = static_cast<std::int32_t>(*priority);
  HUB_TRY(query.labels, label_in(request));
  HUB_TRY(query.text, given.text("text"));
  HUB_TRY(query.from, time_in(request, "from"));
  HUB_TRY(query.to, time_in(request, "to"));
  return query;
}

Result<TaskWait> task_wait_of(const http::Request& request) {
  TaskWait wait;
  if (const auto status = request.query.get("wait")) {
    if (*status != "ended") return invalid("query.range", "must be ended", "wait");
    wait.wanted = true;
  }
  if (const auto text = request.query.get("timeout")) {
    const auto timeout = parse_duration(*text);
    if (!timeout || timeout.value() > kWaitMax) return invalid("query.range", "must be 0s to 300s", "timeout");
    wait.timeout = timeout.value();
  }
  return wait;
}

asio::awaitable<void> await_end(Services& services, const std::string& id, const TaskWait& wait) {
  const std::function<bool()> has_ended = [&] {
    const auto task = services.tasks.view(id);
    return task && task.value().status != tasks::Status::pending && task.value().status != tasks::Status::running;
  };
  co_await await_row(services.task_rows, id, wait.timeout, has_ended);
}

}  // namespace hub::routes
