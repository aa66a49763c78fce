// POST /api/v1/tasks/cancel and …/retry: what a filter finds, each on its own.
#include "actors/models/commands.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/routes/send_all.hpp"
#include "gateway/routes/task_query.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

/// Makes the JSON of the command to one task.
using Command = std::string (*)(const std::string& task, const accounts::Principal& caller);

std::string cancel(const std::string& task, const accounts::Principal& caller) {
  return encode_command(models::Command(models::CancelTask{task, "cancelled by " + caller.id}));
}
std::string retry(const std::string& task, const accounts::Principal&) {
  return encode_command(models::Command(models::RetryTask{task}));
}

Result<engine::Input> command_for(Services& services, const Request& request, const engine::Input& whole,
                                  const task_rows::Match& match, std::string_view type, Command command) {
  if (!request.principal->may(accounts::Role::dev, match.project)) {
    services.refused_access(request, 403, match.project);
    return forbidden("auth.forbidden", "needs the role dev in the task's project");
  }
  auto input = whole;
  input.entity = match.model;
  input.project = match.project;
  input.type = type;
  input.data = command(match.id, *request.principal);
  input.command_id = whole.command_id + ":" + match.id;
  return input;
}

/// A page of what the filter finds; the cursor goes on behind it.
asio::awaitable<Response> act_on_many(Services& services, Request& request, std::string_view type, Command command) {
  auto query = task_query_of(services, request, {"page_size", "cursor"});
  if (!query) co_return http::refuse(request, query.error());
  if (!request.query.get("page_size")) query.value().page_size = projections::kPageSizeMax;
  const auto whole = command_of(request, services.clock());
  if (!whole) co_return http::refuse(request, whole.error());
  const auto found = co_await on_blocking(services, [&] { return services.tasks.matches(query.value()); });
  if (!found) co_return http::refuse(request, found.error());
  Inputs inputs;
  for (const auto& match : found.value().items)
    inputs.push_back(command_for(services, request, whole.value(), match, type, command));
  const auto sending = co_await send_all(services, inputs);
  const auto& tasks = found.value().items;
  co_await reach_all(services.tasks.progress(), *sending, tasks.size());
  std::string json = "{\"items\":[";
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (i > 0) json += ',';
    append_json(json, acted_on(tasks[i].id, sending->reply(i)));
  }
  json += "],\"next_cursor\":";
  append_json(json, found.value().next_cursor);
  co_return http::answer(json + "}");
}

}  // namespace

void add_task_bulk(http::Router& router, Services& services) {
  using http::Verb;
  router.add({Verb::post, "/api/v1/tasks/cancel", [&services](Request& request) {
                return act_on_many(services, request, models::CancelTask::type, cancel);
              }});
  router.add({Verb::post, "/api/v1/tasks/retry", [&services](Request& request) {
                return act_on_many(services, request, models::RetryTask::type, retry);
              }});
}

}  // namespace hub::routes
