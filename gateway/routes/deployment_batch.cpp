#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/create_body.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/routes/send_all.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

struct Item : Acted {
  std::optional<std::string> status;
};
BOOST_DESCRIBE_STRUCT(Item, (Acted), (status))

std::string_view command_type(std::string_view action) {
  if (action == "start") return deployments::StartDeployment::type;
  if (action == "stop") return deployments::StopDeployment::type;
  if (action == "restart") return deployments::RestartDeployment::type;
  return deployments::DeleteDeployment::type;
}

/// One command an id: a repeat of the request meets each of them again.
std::string command_id_for(const engine::Input& whole, const std::string& id) {
  return whole.command_id + ":" + id;
}

Result<engine::Input> command_for(Services& services, const Request& request, const engine::Input& whole,
                                  const std::string& action, const std::string& id) {
  const auto found = deployment_of(services, request, id, accounts::Role::dev);
  if (!found && found.error().kind == FailureKind::forbidden) services.refused_access(request, 403, {});
  HUB_TRY(const auto item, found);
  auto input = whole;
  input.entity = id;
  input.project = item.project;
  input.type = command_type(action);
  input.data = "{}";
  input.command_id = command_id_for(whole, id);
  return input;
}

Inputs commands_for(Services& services, const Request& request, const engine::Input& whole, const BatchBody& body) {
  Inputs inputs;
  for (const auto& id : body.ids) inputs.push_back(command_for(services, request, whole, body.action, id));
  return inputs;
}

Item item_of(Services& services, const std::string& id, const std::string& command_id,
             const Result<engine::Reply>& reply) {
  Item item{acted_on(id, reply, "; ask /api/v1/commands/" + command_id), {}};
  if (!item.ok) return item;
  if (const auto row = services.deployments.get(id, services.clock()))
    item.status = deployments::status_name(row.value().status);
  return item;
}

asio::awaitable<Response> post_batch(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto body = parse_batch(request.body);
  if (!body) co_return http::refuse(request, body.error());
  const auto whole = command_of(request, services.clock());
  if (!whole) co_return http::refuse(request, whole.error());
  auto inputs = commands_for(services, request, whole.value(), body.value());
  // Nothing is sent before all is known: then this is handled once more.
  if (request.may_look_again && !request.missed.empty())
    co_return http::refuse(request, not_found("deployment.not_found", "no such deployment"));
  const auto sending = co_await send_all(services, inputs);
  const auto& ids = body.value().ids;
  co_await reach_all(services.deployments.progress(), *sending, ids.size());
  std::string json = "{\"items\":[";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) json += ',';
    append_json(json, item_of(services, ids[i], command_id_for(whole.value(), ids[i]), sending->reply(i)));
  }
  co_return http::answer(json + "]}");
}

}  // namespace

void add_deployment_batch(http::Router& router, Services& services) {
  router.add({http::Verb::post, "/api/v1/deployments/batch",
              [&services](Request& request) { return post_batch(services, request); }});
}

}  // namespace hub::routes
