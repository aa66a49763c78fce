#include <boost/asio/this_coro.hpp>

#include "events/accounts/project_events.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/create_body.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/routes/hosts.hpp"
#include "gateway/routes/plan.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using deployments::Status;
using http::Request;
using http::Response;

constexpr Duration kWaitDefault = seconds(30);
constexpr Duration kWaitMax = seconds(300);
/// Versions behind a command among which a repeat of its request looks for the status that the first one waited for.
constexpr std::size_t kVersionsLookedAt = 32;

struct Wait {
  std::optional<Status> status;
  Duration timeout = kWaitDefault;
};

Result<Wait> wait_of(const Request& request) {
  Wait wait;
  if (const auto name = request.query.get("wait")) {
    wait.status = deployments::status_of(*name);
    if (!wait.status) return invalid("query.range", "must be a status", "wait");
  }
  if (const auto text = request.query.get("timeout")) {
    const auto timeout = parse_duration(*text);
    if (!timeout || timeout.value() > kWaitMax) return invalid("query.range", "must be 0s to 300s", "timeout");
    wait.timeout = timeout.value();
  }
  return wait;
}

/// What is to be made; plain values of its env are not sealed yet.
struct Creation {
  engine::Input input;
  CreateBody body;
};

Result<Creation> creation_of(Services& services, const Request& request) {
  HUB_TRY(check_json(request));
  HUB_TRY(auto project, project_of(request, accounts::Role::dev));
  HUB_TRY(auto body, parse_create(request.body));
  HUB_TRY(give_host(services, request.principal->organisation, project, body.spec));
  HUB_TRY(check_provider(services, body.spec));
  HUB_TRY(auto input, command_of(request, services.clock()));
  input.entity = derive_id(deployments::kDeploymentPrefix, input.command_id, 0);
  input.project = project;
  return Creation{std::move(input), std::move(body)};
}

/// Plain values become sealed ones, which only this deployment opens. May wait for where secrets are kept.
Result<void> seal_env(Services& services, const Request& request, Creation& creation) {
  auto& [input, body] = creation;
  const auto subject = accounts::project_id(request.principal->organisation, input.project);
  for (const auto& [name, value] : body.plain_env) {
    HUB_TRY(auto sealed, services.sealer.seal(subject, value, input.entity + "/env/" + name));
    body.spec.env[name].sealed = std::move(sealed);
  }
  return check_secrets(services, request, input.project, body.spec);
}

asio::awaitable<Result<engine::Input>> create_command(Services& services, const Request& request) {
  auto creation = creation_of(services, request);
  if (!creation) co_return std::move(creation).error();
  auto& made = creation.value();
  if (!made.body.plain_env.empty() || !made.body.spec.env.empty()) {
    const auto sealed = co_await on_blocking(services, [&] { return seal_env(services, request, made); });
    if (!sealed) co_return sealed.error();
  }
  const deployments::RequestDeployment command{std::move(made.body.spec), made.body.desired, request.principal->id};
  made.input.type = deployments::RequestDeployment::type;
  made.input.data = deployments::encode_command(command);
  co_return std::move(made.input);
}

/// The row as the batch's own events make it: the answer waits for no projection.
Result<std::string> made_by(const engine::Reply& reply) {
  std::optional<deployments::View> view;
  for (const auto& record : reply.batch->records) {
    if (record.kind != log::RecordKind::event || record.entity != reply.entity || record.version > reply.version)
      continue;
    HUB_TRY(deployments::apply(view, record, {reply.batch->partition, record.seq}, reply.batch->end.index_time));
  }
  HUB_ASSERT(view.has_value());
  return deployments::to_answer(*view);
}

Result<deployments::View> view_at(Services& services, const std::string& id, Position position) {
  HUB_TRY(const auto moment, deployments::moment_at(services.log, position));
  return services.deployments.get_at(id, moment);
}

/// What a create answers: as it was made; of a repeat, as it was when it was made.
Result<std::string> created(Services& services, const engine::Reply& reply) {
  if (reply.batch) return made_by(reply);
  HUB_TRY(const auto view, view_at(services, reply.entity, reply.position));
  return deployments::to_answer(view);
}

/// What a request answered that is here again.
struct FirstAnswer {
  bool changed = false;  ///< its command changed something
  std::string json;      ///< the deployment; empty: it has not had the status that was waited for
};

/// Fails: as Log::history and Deployments::get_at.
Result<FirstAnswer> first_answer(Services& services, const engine::Reply& reply, const std::string& command_id,
                                 const Wait& wait) {
  HUB_TRY(const auto events,
          services.log.history(reply.entity, reply.version, wait.status ? kVersionsLookedAt : std::size_t{1}));
  FirstAnswer first;
  first.changed = !events.empty() && events.front().record.command_id == command_id;
  if (!wait.status) {
    HUB_TRY(const auto view, view_at(services, reply.entity, reply.position));
    first.json = deployments::to_answer(view);
    return first;
  }
  for (const auto& event : events) {
    HUB_TRY(const auto view, view_at(services, reply.entity, event.position));
    if (view.status != *wait.status) continue;
    first.json = deployments::to_answer(view);
    break;
  }
  return first;
}

asio::awaitable<Response> post_deployment(Services& services, Request& request) {
  if (const auto known = request.query.only({"project", "wait", "timeout", "dry_run"}); !known)
    co_return http::refuse(request, known.error());
  const auto dry_run = request.query.flag("dry_run");
  if (!dry_run) co_return http::refuse(request, dry_run.error());
  const auto wait = wait_of(request);
  if (!wait) co_return http::refuse(request, wait.error());
  if (dry_run.value()) co_return co_await plan_deployment(services, request);
  auto input = co_await create_command(services, request);
  if (!input) co_return http::refuse(request, input.error());
  const auto command_id = input.value().command_id;
  const auto reply = co_await send(services, std::move(input).value());
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  const auto& id = reply.value().entity;
  FirstAnswer first;
  if (wait.value().status && reply.value().repeated) {
    auto found =
        co_await on_blocking(services, [&] { return first_answer(services, reply.value(), command_id, wait.value()); });
    if (!found) co_return http::refuse(request, found.error());
    first = std::move(found).value();
  }
  if (wait.value().status && first.json.empty() &&
      co_await reach(services.deployments.progress(), reply.value().position))
    co_await reach_status(services, id, *wait.value().status, wait.value().timeout);
  auto json = [&]() -> Result<std::string> {
    if (!first.json.empty()) return std::move(first.json);
    if (!wait.value().status) return created(services, reply.value());
    HUB_TRY(auto item, services.deployments.get(id, services.clock()));
    return std::move(item.json);
  }();
  if (!json) co_return http::refuse(request, json.error());
  auto response = http::answer(std::move(json).value(), 201);
  response.headers.emplace_back("Location", "/api/v1/deployments/" + id);
  co_return response;
}

/// Sends a command to the deployment of the path, and answers with the deployment: 202 when it changed something, 200
/// when it did not, or when it has the status that was waited for.
asio::awaitable<Response> command_deployment(Services& services, Request& request, std::string_view type,
                                             std::string data, unsigned status_changed) {
  const auto wait = wait_of(request);
  if (!wait) co_return http::refuse(request, wait.error());
  const auto item = deployment_of(services, request, accounts::Role::dev);
  if (!item) co_return http::refuse(request, item.error());
  auto input = command_of(request, services.clock());
  if (!input) co_return http::refuse(request, input.error());
  const std::string id(request.param("id"));
  input.value().entity = id;
  input.value().project = item.value().project;
  input.value().type = type;
  input.value().data = std::move(data);
  const auto command_id = input.value().command_id;
  const auto reply = co_await send(services, std::move(input).value());
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  bool changed = reply.value().batch != nullptr;
  if (reply.value().repeated) {
    auto first =
        co_await on_blocking(services, [&] { return first_answer(services, reply.value(), command_id, wait.value()); });
    if (!first) co_return http::refuse(request, first.error());
    changed = first.value().changed;
    const unsigned answered = changed && !wait.value().status ? status_changed : 200;
    if (!first.value().json.empty()) co_return http::answer(std::move(first.value().json), answered);
  }
  co_await reach(services.deployments.progress(), reply.value().position);
  unsigned status = changed ? status_changed : 200;
  if (wait.value().status && co_await reach_status(services, id, *wait.value().status, wait.value().timeout))
    status = 200;
  auto now = services.deployments.get(id, services.clock());
  if (!now) co_return http::refuse(request, now.error());
  co_return http::answer(std::move(now.value().json), status);
}

http::Handler action(Services& services, std::string_view type) {
  return [&services, type](Request& request) -> asio::awaitable<Response> {
    if (const auto known = request.query.only({"wait", "timeout"}); !known)
      co_return http::refuse(request, known.error());
    if (!request.body.empty() && request.body != "{}")
      co_return http::refuse(request, invalid("json.unknown_field", "this request takes no body"));
    co_return co_await command_deployment(services, request, type, "{}", 202);
  };
}

asio::awaitable<Response> patch_deployment(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto change = parse_change(request.body);
  if (!change) co_return http::refuse(request, change.error());
  co_return co_await command_deployment(services, request, deployments::ChangeDeployment::type,
                                        deployments::encode_command(change.value()), 200);
}

}  // namespace

void add_deployment_writes(http::Router& router, Services& services) {
  using http::Verb;
  const std::string one = "/api/v1/deployments/{id}";
  router.add({Verb::post, "/api/v1/deployments",
              [&services](Request& request) { return post_deployment(services, request); }});
  router.add({Verb::patch, one, [&services](Request& request) { return patch_deployment(services, request); }});
  router.add({Verb::delete_, one, action(services, deployments::DeleteDeployment::type)});
  router.add({Verb::post, one + "/start", action(services, deployments::StartDeployment::type)});
  router.add({Verb::post, one + "/stop", action(services, deployments::StopDeployment::type)});
  router.add({Verb::post, one + "/restart", action(services, deployments::RestartDeployment::type)});
}

}  // namespace hub::routes
