#include "gateway/routes/plan.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "events/core/json_codec.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/create_body.hpp"
#include "gateway/routes/hosts.hpp"

namespace hub::routes {
namespace {

struct Refused {
  std::string code;
  std::string detail;
  std::string field;
};
struct Plan {
  std::string provider;
  RawJson host;
  std::int64_t price_usd_micro_per_hour = 0;
  std::vector<Refused> refused;
};
BOOST_DESCRIBE_STRUCT(Refused, (), (code, detail, field))
BOOST_DESCRIBE_STRUCT(Plan, (), (provider, host, price_usd_micro_per_hour, refused))

Refused refused(const Failure& failure) {
  return {failure.code, failure.detail, failure.field};
}

/// The first offer that has what is asked for.
const providers::Offer* fitting(const std::vector<providers::Offer>& offers, const deployments::Spec& spec) {
  for (const auto& offer : offers) {
    if (!offer.available) continue;
    if (spec.gpu && (offer.gpu_model != spec.gpu->model || offer.gpu_count < spec.gpu->count)) continue;
    return &offer;
  }
  return nullptr;
}

/// It is another machine than this one, which knows best what it can.
bool is_elsewhere(Services& services, const deployments::Spec& spec) {
  return spec.host && *spec.host != services.this_host().name;
}

bool has_gpus(const hosts::HostState& host, const deployments::Gpu& wanted) {
  return std::any_of(host.gpus.begin(), host.gpus.end(),
                     [&](const auto& gpu) { return gpu.model == wanted.model && gpu.count >= wanted.count; });
}

/// Of another machine only what it was offered with is known.
void plan_elsewhere(Services& services, const deployments::Spec& spec, Plan& plan) {
  plan.host.text = json_string(*spec.host);
  for (const auto& host : all_hosts(services))
    if (host.name == *spec.host && spec.gpu && !has_gpus(host, *spec.gpu))
      plan.refused.push_back({"provider.no_capacity", "this host has no such GPUs", "gpu"});
}

Plan make_plan(Services& services, const http::Request& request, const std::string& project, deployments::Spec spec) {
  Plan plan;
  if (const auto given = give_host(services, request.principal->organisation, project, spec); !given)
    plan.refused.push_back(refused(given.error()));
  plan.provider = spec.provider;
  plan.price_usd_micro_per_hour = spec.price_usd_micro_per_hour;
  if (const auto usable = check_provider(services, spec); !usable) plan.refused.push_back(refused(usable.error()));
  if (const auto known = check_secrets(services, request, project, spec); !known)
    plan.refused.push_back(refused(known.error()));
  auto* provider = services.providers.find(spec.provider);
  if (provider == nullptr) return plan;
  if (is_elsewhere(services, spec)) {
    plan_elsewhere(services, spec, plan);
    return plan;
  }
  const auto offers = provider->offers();
  if (!offers) {
    plan.refused.push_back(refused(offers.error()));
    return plan;
  }
  const auto* offer = fitting(offers.value(), spec);
  if (offer == nullptr) {
    plan.refused.push_back({"provider.no_capacity", "the provider has nothing that fits", "gpu"});
    return plan;
  }
  if (plan.price_usd_micro_per_hour == 0) plan.price_usd_micro_per_hour = offer->price_usd_micro_per_hour;
  std::array<char, 256> name{};
  if (spec.host)
    plan.host.text = json_string(*spec.host);
  else if (spec.provider == "local" && ::gethostname(name.data(), name.size() - 1) == 0)
    plan.host.text = json_string(name.data());
  return plan;
}

}  // namespace

Result<void> check_provider(Services& services, const deployments::Spec& spec) {
  const auto* provider = services.providers.find(spec.provider);
  if (provider == nullptr) return invalid("provider.unknown", "no such provider here", "provider");
  if (!spec.image || is_elsewhere(services, spec)) return success();
  const auto capabilities = provider->capabilities();
  if (!capabilities.takes_image)
    return invalid("provider.containers_unavailable", capabilities.no_image_because, "image");
  return success();
}

Result<void> check_secrets(Services& services, const http::Request& request, const std::string& project,
                           const deployments::Spec& spec) {
  const auto& organisation = request.principal->organisation;
  for (const auto& [name, value] : spec.env) {
    if (!value.secret || services.secrets.has(organisation, project, *value.secret)) continue;
    // Another node may have stored it a moment ago.
    HUB_TRY(services.secrets.refresh());
    if (!services.secrets.has(organisation, project, *value.secret))
      return invalid("deployment.secret_unknown", "no secret of this name in the project", "env." + name + ".secret");
  }
  return success();
}

asio::awaitable<http::Response> plan_deployment(Services& services, http::Request& request) {
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  if (const auto command = command_of(request, services.clock()); !command)
    co_return http::refuse(request, command.error());
  const auto project = project_of(request, accounts::Role::dev);
  if (!project) co_return http::refuse(request, project.error());
  const auto body = parse_create(request.body);
  if (!body) co_return http::refuse(request, body.error());
  auto json = co_await on_blocking(
      services, [&] { return to_json(make_plan(services, request, project.value(), body.value().spec)); });
  co_return http::answer(std::move(json));
}

}  // namespace hub::routes
