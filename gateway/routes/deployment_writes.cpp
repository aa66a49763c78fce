#include <boost/asio/this_coro.hpp>

#include "events/accounts/project_events.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/create_body.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/routes/plan.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using deployments::Status;
using http::Request;
using http::Response;

constexpr Duration kWaitDefault = seconds(30);
constexpr Duration kWaitMax = seconds(300);

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

/// Plain values become sealed ones, which only this deployment opens.
Result<void> seal_env(Services& services, const Request& request, const std::string& project, const std::string& id,
                      CreateBody& body) {
  const auto subject = accounts::project_id(request.principal->organisation, project);
  for (const auto& [name, value] : body.plain_env) {
    HUB_TRY(auto sealed, services.sealer.seal(subject, value, id + "/env/" + name));
    body.spec.env[name].sealed = std::move(sealed);
  }
  for (const auto& [name, value] : body.spec.env) {
    if (value.secret && !services.secrets.has(request.principal->organisation, project, *value.secret))
      return invalid("deployment.secret_unknown", "no secret of this name in the project", "env." + name + ".secret");
  }
  return success();
}

Result<engine::Input> create_command(Services& services, const Request& request) {
  HUB_TRY(check_json(request));
  HUB_TRY(auto project, project_of(request, accounts::Role::dev));
  HUB_TRY(auto body, parse_create(request.body));
  HUB_TRY(check_provider(services, body.spec));
  HUB_TRY(auto input, command_of(request, services.clock()));
  input.entity = derive_id(deployments::kDeploymentPrefix, input.command_id, 0);
  input.project = project;
  HUB_TRY(seal_env(services, request, project, input.entity, body));
  const deployments::RequestDeployment command{std::move(body.spec), body.desired, request.principal->id};
  input.type = deployments::RequestDeployment::type;
  input.data = deployments::encode_command(command);
  return input;
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

/// What a create answers: as it was made; of a repeat, as it was when it was made.
Result<std::string> created(Services& services, const engine::Reply& reply) {
  if (reply.batch) return made_by(reply);
  HUB_TRY(const auto moment, deployments::moment_at(services.log, reply.position));
  HUB_TRY(const auto view, services.deployments.get_at(reply.entity, moment));
  return deployments::to_answer(view);
}

asio::awaitable<Response> post_deployment(Services& services, Request& request) {
  if (const auto known = request.query.only({"project", "wait", "timeout", "dry_run"}); !known)
    co_return http::refuse(request, known.error());
  const auto dry_run = request.query.flag("dry_run");
  if (!dry_run) co_return http::refuse(request, dry_run.error());
  const auto wait = wait_of(request);
  if (!wait) co_return http::refuse(request, wait.error());
  if (dry_run.value()) co_return co_await plan_deployment(services, request);
  auto input = create_command(services, request);
  if (!input) co_return http::refuse(request, input.error());
  const auto reply = co_await send(services, std::move(input).value());
  if (!reply) co_return http::refuse(request, reply.error());
  if (reply.value().refusal) co_return http::refuse(request, *reply.value().refusal);
  const auto& id = reply.value().entity;
  if (wait.value().status && co_await reach(services, reply.value().position))
    co_await reach_status(services, id, *wait.value().status, wait.value().timeout);
  auto json = [&]() -> Result<std::string> {
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
  const auto reply = co_await send(services, std::move(input).value());
  if (!reply) co_return http::refuse(request, reply.error());
  if (reply.value().refusal) co_return http::refuse(request, *reply.value().refusal);
  co_await reach(services, reply.value().position);
  unsigned status = reply.value().batch || reply.value().repeated ? status_changed : 200;
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
