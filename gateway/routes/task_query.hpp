#pragma once
#include <initializer_list>

#include "gateway/http/request.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/services.hpp"

namespace hub::routes {

/// `status`, `model` (id or name), `type`, `priority`, `label`, `text`, `from`, `to` and `project` of a query, and the
/// page when it may be asked for. `others`: parameters besides that are known. Fails: invalid `query.range`,
/// `query.unknown`; as model_of().
Result<task_rows::ListQuery> task_query_of(Services& services, const http::Request& request,
                                           std::initializer_list<std::string_view> others);

/// `wait=ended` with `timeout=`.
struct TaskWait {
  bool wanted = false;
  Duration timeout = seconds(30);
};
/// Fails: invalid `query.range`.
Result<TaskWait> task_wait_of(const http::Request& request);
/// Until the task has completed, failed or is cancelled, or the timeout has passed.
asio::awaitable<void> await_end(Services& services, const std::string& id, const TaskWait& wait);

}  // namespace hub::routes
