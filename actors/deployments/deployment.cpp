#include "actors/deployments/deployment.hpp"

#include <algorithm>

#include "events/core/overloaded.hpp"

namespace hub::deployments {
namespace {

using Events = std::vector<Event>;

/// Attempts to prepare or start before it counts as failed.
constexpr std::int32_t kAttemptsMax = 10;
constexpr Duration kRetryMax = seconds(60);

bool is_gone(const State& state) {
  return state.status == Status::deleting || state.status == Status::deleted;
}
/// Waits for the restart policy's back-off; nothing runs.
bool backs_off(const State& state) {
  return state.status == Status::starting && state.restart_at.is_set();
}

Failure absent() {
  return not_found("deployment.not_found", "no such deployment");
}
Failure deleted() {
  return conflict("deployment.deleted", "the deployment is deleted or being deleted");
}

Duration doubled(Duration initial, std::int32_t times, Duration longest) {
  const auto shift = std::clamp(times, 0, 30);
  return std::min(Duration{initial.micros << shift}, longest);
}

bool is_success(const Reason& reason) {
  return reason.exit_code == 0;
}

/// Restarts in a row before this end: a long run starts the count over.
std::int32_t restarts_before(const State& state, Instant ended_at) {
  const auto long_run = Duration{state.restart_policy.backoff_max.micros * 10};
  return state.started_at.is_set() && ended_at - state.started_at >= long_run ? 0 : state.restarts;
}

bool policy_wants(const State& state, const Reason& reason) {
  const auto policy = state.restart_policy.policy;
  return policy == Policy::always || (policy == Policy::on_failure && !is_success(reason));
}

bool policy_restarts(const State& state, const Reason& reason, Instant ended_at) {
  const auto& most = state.restart_policy.max_restarts;
  return policy_wants(state, reason) && (!most || restarts_before(state, ended_at) < *most);
}

std::string effect_key(const State& state) {
  return std::to_string(state.run) + "." + std::to_string(state.attempt);
}

/// The effect that the state asks for; empty: none that can fail.
std::string_view effect_name(const State& state) {
  switch (state.status) {
    case Status::creating:
      return "prepare";
    case Status::starting:
      return backs_off(state) ? "" : "start";
    case Status::stopping:
      return "stop";
    case Status::deleting:
      return "remove";
    default:
      return "";
  }
}

Result<Events> decide_request(const State& state, const RequestDeployment& c) {
  if (state.exists) return conflict("deployment.already_exists", "this deployment exists already");
  return Events{DeploymentRequested{c.spec, c.desired, c.owner}};
}

Result<Events> decide_start(const State& state) {
  if (!state.exists) return absent();
  if (is_gone(state)) return deleted();
  switch (state.status) {
    case Status::stopping:
      return conflict("deployment.stopping", "the deployment is stopping; start it when it has stopped, or restart it");
    case Status::stopped:
    case Status::failed:
      return Events{DeploymentStartRequested{state.run + 1, 0}};
    default:
      break;
  }
  if (backs_off(state)) return Events{DeploymentStartRequested{state.run + 1, 0}};
  return Events{};
}

Result<Events> decide_stop(const State& state, const engine::Context& context) {
  if (!state.exists) return absent();
  if (is_gone(state)) return deleted();
  const Reason by_user{"user.stopped", "stopped before it ran", {}, {}, {}};
  switch (state.status) {
    case Status::stopped:
      return Events{};
    case Status::failed:
      return conflict("deployment.failed_already", "the deployment has failed; nothing runs");
    case Status::creating:
      return Events{DeploymentStopped{state.run, context.now, by_user}};
    case Status::stopping:
      if (!state.restart_after_stop) return Events{};
      return Events{DeploymentStopRequested{state.run, false}};
    default:
      break;
  }
  if (backs_off(state)) {
    const Reason waiting{"user.stopped", "stopped while it waited to be restarted", {}, {}, {}};
    return Events{DeploymentStopped{state.run, context.now, waiting}};
  }
  return Events{DeploymentStopRequested{state.run, false}};
}

Result<Events> decide_restart(const State& state) {
  if (!state.exists) return absent();
  if (is_gone(state)) return deleted();
  if (state.status == Status::creating) return Events{};
  if (state.status == Status::stopped || state.status == Status::failed || backs_off(state))
    return Events{DeploymentStartRequested{state.run + 1, 0}};
  if (state.status == Status::stopping && state.restart_after_stop) return Events{};
  return Events{DeploymentStopRequested{state.run, true}};
}

Result<Events> decide_delete(const State& state) {
  if (!state.exists) return absent();
  if (is_gone(state)) return Events{};
  return Events{DeploymentDeleteRequested{}};
}

Result<Events> decide_change(const State& state, const ChangeDeployment& c) {
  if (!state.exists) return absent();
  if (is_gone(state)) return deleted();
  if (!c.name && !c.labels && !c.limits && !c.restart_policy && !c.price_usd_micro_per_hour) return Events{};
  return Events{DeploymentChanged{c.name, c.labels, c.limits, c.restart_policy, c.price_usd_micro_per_hour}};
}

Result<Events> decide_prepared(const State& state, const ReportPrepared& c) {
  // The provider may report twice; the second report changes nothing.
  if (state.prepared || (state.status != Status::creating && state.status != Status::stopped)) return Events{};
  return Events{DeploymentPrepared{c.host, c.limits_by, c.connection}};
}

Result<Events> decide_started(const State& state, const ReportStarted& c) {
  if (c.run != state.run || state.status != Status::starting || backs_off(state)) return Events{};
  return Events{DeploymentStarted{c.run, c.started_at, c.limits_by}};
}

Result<Events> decide_exited(const State& state, const ReportExited& c, const engine::Context& context) {
  const bool may_run = (state.status == Status::starting && !backs_off(state)) || state.status == Status::running ||
                       state.status == Status::unreachable || state.status == Status::stopping;
  if (c.run != state.run || !may_run) return Events{};
  if (state.status == Status::stopping) {
    Reason reason = c.reason;
    reason.code = "user.stopped";
    reason.text = "stopped as asked: " + c.reason.text;
    Events events{DeploymentStopped{c.run, c.at, reason}};
    if (state.restart_after_stop) events.push_back(DeploymentStartRequested{state.run + 1, 0});
    return events;
  }
  if (policy_restarts(state, c.reason, c.at)) {
    const auto wait =
        doubled(state.restart_policy.backoff_initial, restarts_before(state, c.at), state.restart_policy.backoff_max);
    return Events{DeploymentRestartScheduled{c.run, c.at, context.now + wait, c.reason}};
  }
  auto reason = c.reason;
  if (policy_wants(state, c.reason))
    reason.text += "; not restarted again, max_restarts is " + std::to_string(*state.restart_policy.max_restarts);
  if (is_success(c.reason)) return Events{DeploymentStopped{c.run, c.at, reason}};
  return Events{DeploymentFailed{c.run, c.at, reason}};
}

Result<Events> decide_effect_failed(const State& state, const ReportEffectFailed& c, const engine::Context& context) {
  // A report about an effect that is no longer asked for is late news.
  if (c.effect != effect_name(state) || c.key != effect_key(state)) return Events{};
  // What must end is asked to end until it does; giving up would leave it running.
  const bool must_end = state.status == Status::stopping || state.status == Status::deleting;
  if (must_end || (c.retryable && state.attempt < kAttemptsMax)) {
    const auto wait = std::max(c.retry_after, doubled(seconds(1), state.attempt - 1, kRetryMax));
    return Events{DeploymentEffectRetried{c.effect, state.attempt + 1, context.now + wait, c.reason}};
  }
  return Events{DeploymentFailed{state.run, context.now, c.reason}};
}

Result<Events> decide_restart_due(const State& state, const RestartDue& c, const engine::Context& context) {
  if (!backs_off(state) || c.run != state.run || context.now < state.restart_at) return Events{};
  return Events{DeploymentStartRequested{state.run + 1, state.restarts + 1}};
}

Result<Events> decide_open_terminal(const State& state, const OpenTerminal& c) {
  if (!state.exists) return absent();
  if (is_gone(state)) return deleted();
  if (state.status != Status::running) return conflict("terminal.not_running", "nothing runs there now");
  return Events{DeploymentTerminalOpened{state.run, c.terminal}};
}

/// Told whatever has become of the deployment: a run takes its shells along, and so does a deletion.
Result<Events> decide_close_terminal(const State& state, const CloseTerminal& c) {
  if (!state.exists) return absent();
  return Events{DeploymentTerminalClosed{c.terminal, c.reason}};
}

void enter(State& state, Status status) {
  state.status = status;
  state.attempt = 1;
  state.effect_at = {};
  state.restart_at = {};
}

void evolve_requested(State& state, const DeploymentRequested& e) {
  state.exists = true;
  state.restart_policy = e.spec.restart_policy;
  state.stop_grace = e.spec.stop_grace;
  state.limits = e.spec.limits;
  state.provider = e.spec.provider;
  state.host = e.spec.host;
  state.run = e.desired == Desired::running ? 1 : 0;
  enter(state, e.desired == Desired::running ? Status::creating : Status::stopped);
}

void evolve_restart_scheduled(State& state, const DeploymentRestartScheduled& e) {
  state.restarts = restarts_before(state, e.stopped_at);
  enter(state, Status::starting);
  state.restart_at = e.restart_at;
}

void evolve_start_requested(State& state, const DeploymentStartRequested& e) {
  state.run = e.run;
  state.restarts = e.restarts;
  state.restart_after_stop = false;
  state.started_at = {};
  enter(state, state.prepared ? Status::starting : Status::creating);
}

}  // namespace

Result<std::vector<Event>> Deployment::decide(const State& state, const Command& command,
                                              const engine::Context& context) {
  return std::visit(overloaded{[&](const RequestDeployment& c) { return decide_request(state, c); },
                               [&](const StartDeployment&) { return decide_start(state); },
                               [&](const StopDeployment&) { return decide_stop(state, context); },
                               [&](const RestartDeployment&) { return decide_restart(state); },
                               [&](const DeleteDeployment&) { return decide_delete(state); },
                               [&](const ChangeDeployment& c) { return decide_change(state, c); },
                               [&](const ReportPrepared& c) { return decide_prepared(state, c); },
                               [&](const ReportStarted& c) { return decide_started(state, c); },
                               [&](const ReportExited& c) { return decide_exited(state, c, context); },
                               [&](const ReportRemoved&) -> Result<Events> {
                                 if (state.status != Status::deleting) return Events{};
                                 return Events{DeploymentDeleted{context.now}};
                               },
                               [&](const ReportEffectFailed& c) { return decide_effect_failed(state, c, context); },
                               [&](const ReportUnreachable& c) -> Result<Events> {
                                 if (state.status != Status::running) return Events{};
                                 return Events{DeploymentUnreachable{c.reason}};
                               },
                               [&](const ReportReachable& c) -> Result<Events> {
                                 if (state.status != Status::unreachable || c.run != state.run) return Events{};
                                 return Events{DeploymentReachable{c.run}};
                               },
                               [&](const RestartDue& c) { return decide_restart_due(state, c, context); },
                               [&](const OpenTerminal& c) { return decide_open_terminal(state, c); },
                               [&](const CloseTerminal& c) { return decide_close_terminal(state, c); }},
                    command);
}

void Deployment::evolve(State& state, const Event& event) {
  std::visit(overloaded{[&](const DeploymentRequested& e) { evolve_requested(state, e); },
                        [&](const DeploymentPrepared&) {
                          state.prepared = true;
                          if (state.status == Status::creating) enter(state, Status::starting);
                        },
                        [&](const DeploymentStartRequested& e) { evolve_start_requested(state, e); },
                        [&](const DeploymentStarted& e) {
                          state.started_at = e.started_at;
                          enter(state, Status::running);
                        },
                        [&](const DeploymentStopRequested& e) {
                          const bool anew = state.status != Status::stopping;
                          state.restart_after_stop = e.restart;
                          if (anew) enter(state, Status::stopping);
                        },
                        [&](const DeploymentStopped&) { enter(state, Status::stopped); },
                        [&](const DeploymentFailed&) { enter(state, Status::failed); },
                        [&](const DeploymentRestartScheduled& e) { evolve_restart_scheduled(state, e); },
                        [&](const DeploymentEffectRetried& e) {
                          state.attempt = e.attempt;
                          state.effect_at = e.retry_at;
                        },
                        [&](const DeploymentUnreachable&) { enter(state, Status::unreachable); },
                        [&](const DeploymentReachable&) { enter(state, Status::running); },
                        [&](const DeploymentChanged& e) {
                          if (e.restart_policy) state.restart_policy = *e.restart_policy;
                          if (e.limits) state.limits = e.limits;
                        },
                        [&](const DeploymentDeleteRequested&) { enter(state, Status::deleting); },
                        [&](const DeploymentDeleted&) { enter(state, Status::deleted); },
                        [](const DeploymentTerminalOpened&) {}, [](const DeploymentTerminalClosed&) {}},
             event);
}

}  // namespace hub::deployments
