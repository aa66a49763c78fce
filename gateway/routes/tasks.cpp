#include <tuple>

#include "adapters/tasks/task_seals.hpp"
#include "events/accounts/project_events.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/export.hpp"
#include "gateway/routes/model_access.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/routes/task_body.hpp"
#include "gateway/routes/task_query.hpp"
#include "gateway/routes/task_sealing.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

constexpr Column kColumns[] = {{"id", "/id"},
                               {"model", "/model"},
                               {"model_id", "/model_id"},
                               {"type", "/type"},
                               {"priority", "/priority"},
                               {"status", "/status"},
                               {"reason_code", "/reason/code"},
                               {"reason", "/reason/text"},
                               {"attempts_total", "/attempts_total"},
                               {"prompt_tokens", "/usage/prompt_tokens"},
                               {"completion_tokens", "/usage/completion_tokens"},
                               {"total_tokens", "/usage/total_tokens"},
                               {"cost_usd_micro", "/cost_usd_micro"},
                               {"labels", "/labels"},
                               {"project", "/project"},
                               {"owner", "/owner"},
                               {"run_at", "/run_at"},
                               {"created_at", "/created_at"},
                               {"updated_at", "/updated_at"},
                               {"version", "/version"}};

/// JSON of a part that can be opened; null where it is absent, or its project's key is erased.
std::string opened(Services& services, const std::string& task, std::string_view part, const RawJson& sealed) {
  if (sealed.text.empty()) return "null";
  auto plain = models::open_part(services.sealer, task, part, sealed.text);
  return plain ? std::move(plain).value() : "null";
}

/// The whole answer, with what was asked and what it came to. May block.
Result<std::string> whole_answer(Services& services, const std::string& id) {
  HUB_TRY(const auto item, services.tasks.get(id, services.clock()));
  HUB_TRY(const auto sealed, services.tasks.sealed(item.view));
  auto json = item.json_with(opened(services, id, models::kInputPart, sealed.input),
                             opened(services, id, models::kResultPart, sealed.result));
  const auto partial = services.task_calls == nullptr ? std::nullopt : services.task_calls->partial(id);
  if (!partial || partial->text.empty()) return json;
  json.back() = ',';
  return json + "\"partial\":{\"attempt\":" + std::to_string(partial->attempt) +
         ",\"text\":" + json_string(partial->text) + "}}";
}

asio::awaitable<Response> answer_task(Services& services, const Request& request, const std::string& id) {
  auto json = co_await on_blocking(services, [&] { return whole_answer(services, id); });
  if (!json) co_return http::refuse(request, json.error());
  co_return http::answer(std::move(json).value());
}

struct Submission {
  engine::Input input;
  models::SubmitTasks command;
  std::string plain;       ///< its input
  model_rows::View model;  ///< a moment before
};

Result<Submission> submission_of(Services& services, const Request& request) {
  HUB_TRY(request.query.only({"project", "wait", "timeout"}));
  HUB_TRY(check_json(request));
  HUB_TRY(auto body, parse_task(request.body));
  HUB_TRY(auto model, model_of(services, request, body.model, accounts::Role::dev));
  HUB_TRY(auto input, command_of(request, services.clock()));
  input.entity = model.id;
  input.project = model.project;
  input.type = models::SubmitTasks::type;
  body.task.task = derive_id_on_shard(tasks::kTaskPrefix, shard_of(model.id), input.command_id, 0);
  Submission made;
  made.plain = std::move(body.task.input.text);
  made.command.owner = request.principal->id;
  made.command.tasks.push_back(std::move(body.task));
  made.input = std::move(input);
  made.model = std::move(model);
  return made;
}

Response created(Response response, const std::string& id) {
  if (static_cast<int>(response.status) != 200) return response;
  response.status = 201;
  response.headers.emplace_back("Location", "/api/v1/tasks/" + id);
  return response;
}

asio::awaitable<Response> post_task(Services& services, Request& request) {
  auto made = submission_of(services, request);
  if (!made) co_return http::refuse(request, made.error());
  const auto wait = task_wait_of(request);
  if (!wait) co_return http::refuse(request, wait.error());
  auto& [input, command, plain, model] = made.value();
  auto& task = command.tasks.front();
  const auto subject = accounts::project_id(input.organisation, input.project);
  auto sealed = co_await seal_input(services, subject, task.task, plain);
  if (!sealed) co_return http::refuse(request, sealed.error());
  task.input.text = std::move(sealed).value();
  const auto id = task.task, command_id = input.command_id;
  input.data = encode_command(models::Command(std::move(command)));
  const auto reply = co_await send(services, std::move(input));
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  const auto& [position, batch] = std::tie(reply.value().position, reply.value().batch);
  if (batch && !wait.value().wanted) {
    // All that the answer says stands in its own event.
    const auto item = task_rows::submitted_item(*batch, position, id, std::move(model), services.clock());
    if (!item) co_return http::refuse(request, item.error());
    co_return created(http::answer(item.value().json_with(plain, "null")), id);
  }
  co_await reach(services.tasks.progress(), position);
  if (wait.value().wanted) co_await await_end(services, id, wait.value());
  auto response = co_await answer_task(services, request, id);
  co_return created(std::move(response), id);
}

asio::awaitable<Response> get_task(Services& services, Request& request) {
  if (const auto known = request.query.only({"min_pos", "wait", "timeout"}); !known)
    co_return http::refuse(request, known.error());
  const auto wait = task_wait_of(request);
  if (!wait) co_return http::refuse(request, wait.error());
  if (const auto waited = co_await reach_min_pos(services.tasks.progress(), request); !waited)
    co_return http::refuse(request, waited.error());
  const auto task = task_of(services, request, request.param("id"), accounts::Role::viewer);
  if (!task) co_return http::refuse(request, task.error());
  if (wait.value().wanted) co_await await_end(services, task.value().id, wait.value());
  co_return co_await answer_task(services, request, task.value().id);
}

asio::awaitable<Response> list_tasks(Services& services, Request& request) {
  const auto query = task_query_of(services, request, {"page", "page_size", "cursor", "min_pos"});
  if (!query) co_return http::refuse(request, query.error());
  if (const auto waited = co_await reach_min_pos(services.tasks.progress(), request); !waited)
    co_return http::refuse(request, waited.error());
  if (const auto format = export_format_of(request); format != ExportFormat::none) {
    auto pages = services.tasks.pages(query.value(), kExportPageSize);
    const ExportOf what{"tasks", kColumns};
    co_return co_await export_list(services, request, format, what, std::move(pages));
  }
  const auto answer = co_await on_blocking(services, [&] { return services.tasks.list(query.value()); });
  if (!answer) co_return http::refuse(request, answer.error());
  co_return http::answer(answer.value().to_json());
}

template <class Command>
asio::awaitable<Response> command_task(Services& services, Request& request, Command command) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto task = task_of(services, request, request.param("id"), accounts::Role::dev);
  if (!task) co_return http::refuse(request, task.error());
  auto input = command_of(request, services.clock());
  if (!input) co_return http::refuse(request, input.error());
  command.task = task.value().id;
  input.value().entity = task.value().model;
  input.value().project = task.value().project;
  input.value().type = Command::type;
  input.value().data = encode_command(models::Command(command));
  const auto command_id = input.value().command_id;
  const auto reply = co_await send(services, std::move(input).value());
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  co_await reach(services.tasks.progress(), reply.value().position);
  co_return co_await answer_task(services, request, task.value().id);
}

asio::awaitable<Response> delete_task(Services& services, Request& request) {
  models::CancelTask cancel;
  cancel.reason = "cancelled by " + request.principal->id;
  co_return co_await command_task(services, request, cancel);
}

asio::awaitable<Response> retry_task(Services& services, Request& request) {
  const models::RetryTask retry;
  co_return co_await command_task(services, request, retry);
}

}  // namespace

void add_tasks(http::Router& router, Services& services) {
  using http::Verb;
  const std::string all = "/api/v1/tasks", one = all + "/{id}";
  router.add({Verb::post, all, [&services](Request& request) { return post_task(services, request); }});
  router.add({Verb::get, all, [&services](Request& request) { return list_tasks(services, request); }});
  router.add({Verb::get, one, [&services](Request& request) { return get_task(services, request); }});
  router.add({Verb::delete_, one, [&services](Request& request) { return delete_task(services, request); }});
  router.add({Verb::post, one + "/retry", [&services](Request& request) { return retry_task(services, request); }});
}

}  // namespace hub::routes
