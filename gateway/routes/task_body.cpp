#include "gateway/routes/task_body.hpp"

#include "adapters/models/request.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/routes/model_body.hpp"
#include "gateway/routes/spec_limits.hpp"

namespace hub::routes {
namespace {

struct Body {
  static constexpr std::string_view required[] = {"model_id", "type", "input"};
  std::string model_id;
  std::string type;
  RawJson input;
  std::int32_t priority = 2;
  std::optional<Duration> timeout;
  std::optional<std::int32_t> max_retries;
  std::optional<Duration> retry_delay;
  std::optional<Instant> run_at;
  std::map<std::string, std::string> labels;
};
BOOST_DESCRIBE_STRUCT(Body, (), (model_id, type, input, priority, timeout, max_retries, retry_delay, run_at, labels))

}  // namespace

Result<TaskBody> parse_task(std::string_view json) {
  HUB_TRY(auto body, from_json<Body>(json));
  const auto type = calls::task_type_of(body.type);
  if (!type)
    return invalid("task.type", "must be text-generation, translation, summarization, embedding or custom", "type");
  if (body.priority < tasks::kPriorityMin || body.priority > tasks::kPriorityMax)
    return invalid("task.priority", "must be 1, 2 or 3", "priority");
  HUB_TRY(check_task_limits(body.timeout, body.max_retries, body.retry_delay));
  HUB_TRY(check_labels(body.labels, "task.labels"));
  HUB_TRY(calls::check_input(*type, body.input.text));
  TaskBody read;
  read.model = std::move(body.model_id);
  auto& task = read.task;
  task.task_type = std::move(body.type);
  task.input = std::move(body.input);
  task.priority = body.priority;
  task.labels = std::move(body.labels);
  task.timeout = body.timeout;
  task.max_retries = body.max_retries;
  task.retry_delay = body.retry_delay;
  task.run_at = body.run_at;
  return read;
}

}  // namespace hub::routes
