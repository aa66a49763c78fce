// The server itself: providers, commands, health, metrics, the contract.
#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::providers {

BOOST_DESCRIBE_STRUCT(Capabilities, (),
                      (can_stop, can_spot, has_logs, has_metrics, unit, takes_image, no_image_because, gpu_note))
BOOST_DESCRIBE_STRUCT(Offer, (),
                      (id, provider, region, gpu_model, gpu_count, gpu_memory_bytes, cpus, memory_bytes,
                       price_usd_micro_per_hour, spot, available))

}  // namespace hub::providers

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

std::string providers_json(Services& services) {
  std::string json = "{\"items\":[";
  for (const auto& provider : services.providers.all()) {
    if (json.back() != '[') json += ',';
    json += "{\"name\":" + json_string(provider->name());
    json += ",\"capabilities\":" + to_json(provider->capabilities());
    const auto offers = provider->offers();
    if (offers)
      json += ",\"offers\":" + to_json(offers.value());
    else
      json += ",\"failure\":" + json_string(offers.error().code);
    json += '}';
  }
  return json + "],\"total\":" + std::to_string(services.providers.all().size()) + "}";
}

asio::awaitable<Response> get_providers(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  co_return http::answer(co_await on_blocking(services, [&] { return providers_json(services); }));
}

struct CommandAnswer {
  std::string command_id;
  std::string state;  ///< "accepted", "refused" or "expired"
  bool accepted = false;
  std::optional<std::int32_t> status;
  std::optional<std::string> code;
  std::optional<std::string> detail;
  std::optional<std::string> field;
  std::string entity;
  Version version = 0;
  std::string position;
};
BOOST_DESCRIBE_STRUCT(CommandAnswer, (),
                      (command_id, state, accepted, status, code, detail, field, entity, version, position))

CommandAnswer command_answer(const engine::CommandRow& row) {
  const auto& outcome = row.outcome;
  const bool expired = outcome.status == static_cast<std::int32_t>(FailureKind::expired);
  CommandAnswer answer;
  answer.command_id = outcome.command_id;
  answer.state = outcome.accepted() ? "accepted" : expired ? "expired" : "refused";
  answer.accepted = outcome.accepted();
  answer.entity = outcome.entity;
  answer.version = outcome.version;
  answer.position = to_text(row.position);
  if (outcome.accepted()) return answer;
  answer.status = outcome.status;
  answer.code = outcome.code;
  answer.detail = outcome.detail;
  if (!outcome.field.empty()) answer.field = outcome.field;
  return answer;
}

/// Of what was never made there is nothing to hide but the id of the command, which is not to be guessed.
bool may_see(Services& services, const Request& request, const log::Outcome& outcome) {
  const auto& entity = outcome.entity;
  if (!is_id(entity) || prefix_of(entity) != deployments::kDeploymentPrefix)
    return request.principal->may(accounts::Role::admin, request.principal->project);
  if (!outcome.accepted() && !services.deployments.get(entity, services.clock())) return true;
  return deployment_of(services, request, entity, accounts::Role::viewer).has_value();
}

/// What became of a command, for those who may see what it was about.
asio::awaitable<Response> get_command(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto unknown = [&] { return http::refuse(request, not_found("command.unknown", "no such command is known")); };
  const auto row = services.engine.store().command(request.param("id"), services.clock());
  if (!row || !may_see(services, request, row->outcome)) co_return unknown();
  co_return http::answer(to_json(command_answer(*row)));
}

asio::awaitable<Response> get_health(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto checks = services.health();
  bool ready = true;
  std::string list;
  for (const auto& check : checks) {
    ready = ready && check.ok;
    if (!list.empty()) list += ',';
    list += "{\"name\":" + json_string(check.name) + (check.ok ? ",\"ok\":true" : ",\"ok\":false");
    if (request.principal && !check.reason.empty()) list += ",\"reason\":" + json_string(check.reason);
    list += '}';
  }
  co_return http::answer(std::string("{\"status\":") + (ready ? "\"ready\"" : "\"not_ready\"") +
                             ",\"live\":true,\"ready\":" + (ready ? "true" : "false") + ",\"checks\":[" + list + "]}",
                         ready ? 200 : 503);
}

asio::awaitable<Response> get_metrics_text(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (!services.metrics_open && !request.principal)
    co_return http::refuse(request, Failure{FailureKind::unauthorised, "auth.required", "a token is needed", "", 0});
  auto response = http::answer(services.metrics_text());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  co_return response;
}

asio::awaitable<Response> get_openapi(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  auto response = http::answer(services.openapi_json);
  response.compressible = true;
  co_return response;
}

}  // namespace

void add_system(http::Router& router, Services& services) {
  using http::Access;
  const auto add = [&](std::string pattern, Access access, asio::awaitable<Response> (*handler)(Services&, Request&)) {
    router.add({http::Verb::get,
                std::move(pattern),
                [&services, handler](Request& request) { return handler(services, request); },
                access,
                {}});
  };
  add("/api/v1/providers", Access::token, get_providers);
  add("/api/v1/commands/{id}", Access::token, get_command);
  add("/api/v1/system/health", Access::everyone, get_health);
  add("/metrics", Access::everyone, get_metrics_text);
  add("/api/v1/openapi.json", Access::everyone, get_openapi);
}

}  // namespace hub::routes
