#include "adapters/deployments/deployment_effects.hpp"

#include <algorithm>

#include "events/core/logging.hpp"

namespace hub::deployments {
namespace {

Reason reason_of(const Failure& failure) {
  return {failure.code, failure.field.empty() ? failure.detail : failure.field + ": " + failure.detail, {}, {}, {}};
}

Reason reason_of(const providers::Exit& exit) {
  return {exit.code, exit.text, exit.exit_code, exit.signal, {}};
}

/// These may pass by themselves.
bool is_retryable(const Failure& failure) {
  return failure.kind == FailureKind::unavailable || failure.kind == FailureKind::too_many ||
         failure.code == "provider.no_capacity";
}

}  // namespace

providers::Provider* Providers::find(std::string_view name) const {
  for (const auto& provider : all_)
    if (provider->name() == name) return provider.get();
  return nullptr;
}

void DeploymentEffects::run(const engine::EffectRequest& request) {
  const auto data = decode_effect_data(request.data);
  HUB_ASSERT(data);
  auto* provider = providers_.find(data.value().provider);
  const auto done = provider != nullptr
                        ? carry_out(request, data.value(), *provider)
                        : Result<void>(invalid("provider.unknown", "no such provider here", "provider"));
  if (!done && request.name != "watch") failed(request, data.value().provider, done.error());
}

void DeploymentEffects::failed(const engine::EffectRequest& request, const std::string& provider,
                               const Failure& failure) {
  logging::write(logging::Level::warning, "effect failed",
                 {{"entity", request.entity},
                  {"effect", request.name},
                  {"provider", provider},
                  {"code", failure.code},
                  {"detail", failure.detail},
                  {"retryable", is_retryable(failure)}});
  report(request.entity, ReportEffectFailed{request.name, request.key, is_retryable(failure),
                                            milliseconds(failure.retry_after_ms), reason_of(failure)});
}

Result<void> DeploymentEffects::carry_out(const engine::EffectRequest& request, const EffectData& data,
                                          providers::Provider& provider) {
  if (request.name == "prepare") return prepare(request, data, provider);
  if (request.name == "start") return start(request, data, provider);
  if (request.name == "watch") return watch(request.entity, data, provider);
  if (request.name == "stop") return stop(request.entity, data, provider);
  HUB_ASSERT(request.name == "remove");
  HUB_TRY(provider.remove(request.entity));
  report(request.entity, ReportRemoved{});
  return success();
}

void Providers::watch_metrics(std::string_view provider, const std::string& deployment, bool watched) const {
  // Each passes over what it does not know.
  if (auto* here = find(provider)) here->watch_metrics(deployment, watched);
  if (watch_elsewhere_) watch_elsewhere_(deployment, watched);
}

bool is_effect(std::string_view name) {
  constexpr std::string_view kNames[] = {"prepare", "start", "watch", "stop", "remove"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool needs_order(const engine::EffectRequest& request) {
  return request.name == "prepare" || request.name == "start";
}

Result<providers::CreateOrder> Orders::find(const engine::EffectRequest& request, const EffectData& data) const {
  const auto& id = request.entity;
  HUB_TRY(const auto first, log_.history(id, 1, 1));
  if (first.empty()) return internal_failure("log.corrupt", "the first event of the deployment is missing");
  const auto& record = first.front().record;
  HUB_TRY(auto event, decode_event(record.type, record.data));
  auto* requested = std::get_if<DeploymentRequested>(&event);
  if (requested == nullptr) return internal_failure("log.corrupt", "the first event is no request");
  providers::CreateOrder order;
  order.order_id = id;
  order.spec = std::move(requested->spec);
  if (request.name == "start" && data.limits) order.spec.limits = data.limits;
  HUB_TRY(order.env, open_env_(id, record.organisation, record.project, order.spec.env));
  return order;
}

Result<void> DeploymentEffects::prepare(const engine::EffectRequest& request, const EffectData& data,
                                        providers::Provider& provider) {
  HUB_TRY(const auto order, order_of_(request, data));
  HUB_TRY(const auto instance, provider.create(order));
  report(request.entity,
         ReportPrepared{order.spec.host.value_or(instance.host), instance.limits_by, instance.connection});
  return success();
}

Result<void> DeploymentEffects::start(const engine::EffectRequest& request, const EffectData& data,
                                      providers::Provider& provider) {
  const auto& id = request.entity;
  HUB_TRY(const auto order, order_of_(request, data));
  const Starting starting(*this, id);
  auto started = provider.start(order, data.run);
  if (!started && started.error().kind == FailureKind::not_found) {
    // It was prepared where it is no more: in a folder that was restored here, or on a machine that was lost.
    HUB_TRY(provider.create(order));
    started = provider.start(order, data.run);
  }
  HUB_TRY(const auto observed, std::move(started));
  report(id, ReportStarted{observed.run, observed.started_at.is_set() ? observed.started_at : wall_now(),
                           observed.limits_by});
  if (observed.exit) exited(id, *observed.exit);
  return success();
}

// An end that nobody reported is found here: after a restart the agenda asks again for every one that runs.
Result<void> DeploymentEffects::watch(const std::string& id, const EffectData& data, providers::Provider& provider) {
  const auto observed = provider.get(id);
  if (!observed) {
    if (observed.error().kind == FailureKind::not_found)
      report_end(id, data.run, {"provider.lost", "the provider no longer knows it", {}, {}, {}}, wall_now());
    else
      report(id, ReportUnreachable{reason_of(observed.error())});
    return success();
  }
  if (observed.value().exit) {
    exited(id, *observed.value().exit);
  } else if (observed.value().state == providers::RunState::running) {
    report(id, ReportReachable{observed.value().run});
  } else if (observed.value().run < data.run) {
    report_end(id, data.run, {"provider.lost", "the provider has no such run", {}, {}, {}}, wall_now());
  }
  return success();
}

Result<void> DeploymentEffects::stop(const std::string& id, const EffectData& data, providers::Provider& provider) {
  const auto observed = provider.get(id);
  const bool never_ran = observed ? observed.value().run < data.run : observed.error().kind == FailureKind::not_found;
  if (never_ran) {
    report_end(id, data.run, {"process.never_started", "it had not started", {}, {}, {}}, wall_now());
    return success();
  }
  return provider.stop(id, data.run, data.stop_grace);
}

DeploymentEffects::Starting::Starting(DeploymentEffects& effects, const std::string& id) : effects_(effects), id_(id) {
  const std::lock_guard lock(effects_.held_back_mutex_);
  ++effects_.held_back_[id_].starts;
}

DeploymentEffects::Starting::~Starting() {
  std::vector<providers::Exit> exits;
  {
    const std::lock_guard lock(effects_.held_back_mutex_);
    const auto held_back = effects_.held_back_.find(id_);
    if (--held_back->second.starts > 0) return;
    exits = std::move(held_back->second.exits);
    effects_.held_back_.erase(held_back);
  }
  for (const auto& exit : exits) effects_.report_exit(id_, exit);
}

void DeploymentEffects::exited(const std::string& deployment_id, const providers::Exit& exit) {
  {
    const std::lock_guard lock(held_back_mutex_);
    const auto held_back = held_back_.find(deployment_id);
    if (held_back != held_back_.end()) {
      held_back->second.exits.push_back(exit);
      return;
    }
  }
  report_exit(deployment_id, exit);
}

void DeploymentEffects::report_exit(const std::string& deployment_id, const providers::Exit& exit) {
  report_end(deployment_id, exit.run, reason_of(exit), exit.at.is_set() ? exit.at : wall_now());
}

void DeploymentEffects::report_end(const std::string& id, std::int32_t run, Reason reason, Instant at) {
  report(id, ReportExited{run, at, std::move(reason)});
}

void DeploymentEffects::report(const std::string& id, const Command& command) {
  engine::Input input;
  input.source = engine::Input::Source::effect;
  input.entity = id;
  input.type = type_of_command(command);
  input.data = encode_command(command);
  input.actor = "system";
  submit_(std::move(input));
}

}  // namespace hub::deployments
