#include "gateway/routes/openai_answer.hpp"

#include "events/core/json_codec.hpp"

namespace hub::routes {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

struct TaskResult {
  std::optional<std::string> text;
  std::optional<RawJson> tool_calls;
  std::optional<std::vector<RawJson>> embeddings;
};
BOOST_DESCRIBE_STRUCT(TaskResult, (), (text, tool_calls, embeddings))

struct Message {
  std::string role = "assistant";
  std::optional<std::string> content;
  std::optional<RawJson> tool_calls;
};
BOOST_DESCRIBE_STRUCT(Message, (), (role, content, tool_calls))

struct Error {
  std::string message;
  std::string type;
  RawJson param;
  std::string code;
};
BOOST_DESCRIBE_STRUCT(Error, (), (message, type, param, code))

std::string_view type_of_error(unsigned status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

std::string error_json(std::string_view message, std::string_view type, std::string_view field, std::string_view code) {
  Error error{std::string(message), std::string(type), {}, std::string(code)};
  if (!field.empty()) error.param.text = json_string(field);
  return "{\"error\":" + to_json(error) + "}";
}

std::string head(std::string_view object, const task_rows::View& task, std::string_view model) {
  return "{\"id\":" + json_string(task.id) + ",\"object\":" + json_string(object) +
         ",\"created\":" + std::to_string(task.created_at.micros / kMicrosPerSecond) +
         ",\"model\":" + json_string(model);
}

Failure no_result() {
  return internal_failure("task.no_result", "the task has no result of the kind that was asked for");
}

std::string chat(const task_rows::View& task, std::string_view model, TaskResult result) {
  const Message message{"assistant", std::move(result.text), std::move(result.tool_calls)};
  const bool calls_tools = message.tool_calls.has_value();
  return head("chat.completion", task, model) + ",\"choices\":[{\"index\":0,\"message\":" + to_json(message) +
         ",\"logprobs\":null,\"finish_reason\":" + (calls_tools ? "\"tool_calls\"" : "\"stop\"") +
         "}],\"usage\":" + to_json(task.usage) + "}";
}

std::string embeddings(const task_rows::View& task, std::string_view model, const std::vector<RawJson>& vectors) {
  std::string data = "[";
  for (std::size_t i = 0; i < vectors.size(); ++i)
    data += (i > 0 ? "," : "") + std::string("{\"object\":\"embedding\",\"index\":") + std::to_string(i) +
            ",\"embedding\":" + vectors[i].text + "}";
  return "{\"object\":\"list\",\"data\":" + data + "],\"model\":" + json_string(model) +
         ",\"usage\":{\"prompt_tokens\":" + std::to_string(task.usage.prompt_tokens) +
         ",\"total_tokens\":" + std::to_string(task.usage.total_tokens) + "}}";
}

}  // namespace

http::Response openai_refusal(const http::Request& request, const Failure& failure) {
  auto response = http::refuse(request, failure);
  response.content_type = "application/json";
  response.body = error_json(failure.detail, type_of_error(response.status), failure.field, failure.code);
  response.shared_body.reset();
  return response;
}

std::string openai_error(std::string_view message, std::string_view code) {
  return error_json(message, "server_error", "", code);
}

Result<std::string> openai_answer(const task_rows::View& task, std::string_view model, std::string_view result) {
  HUB_TRY(auto read, from_json<TaskResult>(result, ReadMode::lenient));
  if (read.embeddings) return embeddings(task, model, *read.embeddings);
  if (!read.text && !read.tool_calls) return no_result();
  return chat(task, model, std::move(read));
}

Result<std::string> openai_chunk(const task_rows::View& task, std::string_view model, std::string_view result) {
  HUB_TRY(auto read, from_json<TaskResult>(result, ReadMode::lenient));
  if (!read.text && !read.tool_calls) return no_result();
  const Message delta{"assistant", std::move(read.text), std::move(read.tool_calls)};
  return head("chat.completion.chunk", task, model) + ",\"choices\":[{\"index\":0,\"delta\":" + to_json(delta) +
         ",\"finish_reason\":" + (delta.tool_calls ? "\"tool_calls\"" : "\"stop\"") + "}]}";
}

}  // namespace hub::routes
