#include "tests/simulation/fake_provider.hpp"

#include "actors/deployments/deployment.hpp"
#include "tests/simulation/world.hpp"

namespace hub::simulation {
namespace {

using deployments::Reason;

constexpr double kFails = 0.05;
constexpr double kEndsByItself = 0.4;
constexpr Duration kCallMax = milliseconds(60);
constexpr Duration kRunMax = milliseconds(800);
constexpr double kOutOfReach = 0.1;
constexpr Duration kOutOfReachFor = milliseconds(150);
constexpr Duration kStopMax = milliseconds(100);

Reason exited(int code) {
  return {"process.exited", "exit " + std::to_string(code), code, {}, {}};
}

}  // namespace

void FakeProvider::call(Node& node, engine::EffectRequest request) {
  calls_[request.entity].emplace(request.name, request.key);
  callers_[request.entity].insert(node.number());
  world_.note("effect " + request.name + " " + request.key + " of " + request.entity + " by node " +
              std::to_string(node.number()));
  if (!request.entity.starts_with(deployments::kDeploymentPrefix)) return;
  const Caller caller{node.number(), node.life()};
  world_.after(world_.random().between({}, kCallMax),
               [this, caller, request = std::move(request)] { carry_out(caller, request); });
}

void FakeProvider::carry_out(Caller caller, const engine::EffectRequest& request) {
  const auto data = deployments::decode_effect_data(request.data).value();
  const auto& id = request.entity;
  if (!world_.is_healed() && request.name != "watch" && world_.random().chance(kFails)) {
    const Reason reason{"provider.unreachable", "the provider does not answer", {}, {}, {}};
    report(caller, id, deployments::ReportEffectFailed{request.name, request.key, true, {}, reason});
    return;
  }
  auto& machine = machines_[id];
  if (request.name == "prepare") {
    if (!machine.prepared) ++prepared_[id];
    machine.prepared = true;
    report(caller, id, deployments::ReportPrepared{"host", "none", {}});
  } else if (request.name == "start") {
    start(caller, id, data.run);
  } else if (request.name == "stop") {
    stop(caller, id, data.run);
  } else if (request.name == "watch") {
    watch(caller, id, data.run);
  } else {
    machine.removed = true;
    machine.running = false;
    report(caller, id, deployments::ReportRemoved{});
  }
}

void FakeProvider::start(Caller caller, const std::string& id, std::int32_t run) {
  auto& machine = machines_[id];
  if (machine.removed || run < machine.run) return;  // old news: its caller has moved on
  if (run > machine.run) {
    machine.run = run;
    machine.running = true;
    machine.started_at = world_.now();
    ++started_[{id, run}];
    if (!world_.is_healed() && world_.random().chance(kEndsByItself)) {
      const auto code = static_cast<int>(world_.random().below(2));
      world_.after(world_.random().between({}, kRunMax), [this, id, run, code] { end_run(id, run, exited(code)); });
    }
  }
  machine.watchers.insert(caller);
  report(caller, id, deployments::ReportStarted{run, machine.started_at});
  if (!machine.running) tell_end(caller, id);
}

void FakeProvider::stop(Caller caller, const std::string& id, std::int32_t run) {
  auto& machine = machines_[id];
  machine.watchers.insert(caller);
  if (run > machine.run) {
    // Stopped before it ran; a start that comes later finds it ended.
    machine.run = run;
    machine.running = true;
    end_run(id, run, {"process.never_started", "it had not started", {}, {}, {}});
  } else if (!machine.running) {
    tell_end(caller, id);
  } else {
    world_.after(world_.random().between({}, kStopMax), [this, id, run] {
      end_run(id, run, {"process.signalled", "SIGTERM", {}, 15, {}});
    });
  }
}

void FakeProvider::watch(Caller caller, const std::string& id, std::int32_t run) {
  auto& machine = machines_[id];
  machine.watchers.insert(caller);
  if (!machine.running) return tell_end(caller, id);
  if (world_.is_healed() || !world_.random().chance(kOutOfReach))
    return report(caller, id, deployments::ReportReachable{run});
  report(caller, id, deployments::ReportUnreachable{{"provider.unreachable", "no answer", {}, {}, {}}});
  world_.after(kOutOfReachFor, [this, caller, id, run] { report(caller, id, deployments::ReportReachable{run}); });
}

void FakeProvider::end_run(const std::string& id, std::int32_t run, Reason reason) {
  auto& machine = machines_[id];
  if (!machine.running || machine.run != run) return;
  machine.running = false;
  machine.ended_at = world_.now();
  machine.end = std::move(reason);
  for (const auto& caller : machine.watchers) tell_end(caller, id);
}

void FakeProvider::tell_end(Caller caller, const std::string& id) {
  const auto& machine = machines_[id];
  report(caller, id, deployments::ReportExited{machine.run, machine.ended_at, machine.end});
}

void FakeProvider::report(Caller caller, const std::string& id, const deployments::Command& command) {
  engine::Input input;
  input.source = engine::Input::Source::effect;
  input.entity = id;
  input.type = type_of_command(command);
  input.data = encode_command(command);
  input.actor = "system";
  const int times = world_.random().chance(world_.options().message_repeated) ? 2 : 1;
  for (int i = 0; i < times; ++i)
    world_.after(world_.random().between({}, kCallMax), [this, caller, input] {
      auto& node = *world_.nodes()[caller.node];
      world_.note("report " + input.type + " " + input.data + " of " + input.entity + " to node " +
                  std::to_string(caller.node));
      if (node.is_alive() && node.life() == caller.life) static_cast<void>(node.submit({input, {}, std::nullopt}));
    });
}

bool FakeProvider::is_running(const std::string& id) const {
  const auto found = machines_.find(id);
  return found != machines_.end() && found->second.running;
}

}  // namespace hub::simulation
