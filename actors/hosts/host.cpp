#include "actors/hosts/host.hpp"

#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::hosts {
namespace {

using Events = std::vector<HostEvent>;

Failure superseded() {
  return conflict("host.superseded", "a later connection has taken the place of this one");
}

bool is_as_offered(const HostState& state, const OfferHost& c) {
  return state.exists && state.cpus == c.cpus && state.memory_bytes == c.memory_bytes && state.gpus == c.gpus &&
         state.lease == c.lease && state.agent == c.agent;
}

bool are_of_same_project(const HostState& state, const OfferHost& c) {
  return state.agent && c.agent && state.agent->organisation == c.agent->organisation &&
         state.agent->project == c.agent->project;
}

/// A name is that of one machine: else what another one ran would be looked for here, and be lost.
Result<void> check_machine(const HostState& state, const OfferHost& c) {
  if (!state.exists || (!state.agent && !c.agent)) return success();
  const bool of_same_project = are_of_same_project(state, c);
  if (of_same_project && state.agent->id == c.agent->id) {
    if (c.agent->generation < state.agent->generation) return superseded();
    return success();
  }
  if (!of_same_project || !c.replace) return conflict("host.taken", "this is the name of another machine");
  if (!state.away) return conflict("host.taken", "the machine of this name is not away");
  return success();
}

Result<Events> decide_offer(const HostState& state, const OfferHost& c, const engine::Context& context) {
  if (host_id(c.name) != context.entity || c.lease <= Duration{})
    return invalid("host.name", "must be the name of the host that it is sent to, with a lease", "name");
  HUB_TRY(check_machine(state, c));
  if (is_as_offered(state, c)) return Events{HostSeen{context.now, state.running}};
  return Events{HostOffered{c.name, c.cpus, c.memory_bytes, c.gpus, c.lease, context.now, c.agent}};
}

Result<Events> decide_keep(const HostState& state, const KeepHost& c, const engine::Context& context) {
  if (!state.exists) return invalid("host.not_offered", "no host of this name was offered");
  if (state.agent != c.agent) return superseded();
  return Events{HostSeen{context.now, c.running}};
}

Result<Events> decide_lease_over(const HostState& state, const engine::Context& context) {
  if (!state.exists || state.away || context.now < state.seen_at + state.lease) return Events{};
  return Events{HostLost{state.seen_at}};
}

void seen(HostState& state, Instant at) {
  state.seen_at = at;
  state.away = false;
  state.told = true;
}

}  // namespace

Result<std::vector<HostEvent>> Host::decide(const State& state, const Command& command,
                                            const engine::Context& context) {
  return std::visit(overloaded{[&](const OfferHost& c) { return decide_offer(state, c, context); },
                               [&](const KeepHost& c) { return decide_keep(state, c, context); },
                               [&](const LeaseOver&) { return decide_lease_over(state, context); },
                               [&](const ReportLossTold& c) -> Result<Events> {
                                 if (!state.away || state.told) return Events{};
                                 return Events{HostLossTold{c.deployments}};
                               }},
                    command);
}

void Host::evolve(State& state, const Event& event) {
  std::visit(overloaded{[&](const HostOffered& e) {
                          state.exists = true;
                          state.name = e.name;
                          state.cpus = e.cpus;
                          state.memory_bytes = e.memory_bytes;
                          state.gpus = e.gpus;
                          state.lease = e.lease;
                          state.agent = e.agent;
                          seen(state, e.at);
                        },
                        [&](const HostSeen& e) {
                          state.running = e.running;
                          seen(state, e.at);
                        },
                        [&](const HostLost&) {
                          state.away = true;
                          state.told = false;
                        },
                        [&](const HostLossTold&) { state.told = true; }},
             event);
}

engine::Agenda Host::agenda(const State& state) {
  if (!state.exists) return {};
  const auto key = std::to_string(state.seen_at.micros);
  if (!state.away)
    return {{engine::Due::Kind::timer, "lease", key, state.seen_at + state.lease, "{}", std::string(LeaseOver::type)}};
  if (!state.told) return {{engine::Due::Kind::effect, "tell_loss", key, {}, json_string(state.name), {}}};
  return {};
}

Result<HostCommand> Host::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<HostCommand>(type, json);
}
Result<HostEvent> Host::decode_event(std::string_view type, std::string_view json) {
  return decode_host_event(type, json);
}
std::string Host::encode_state(const State& state) {
  return to_json(state);
}
Result<HostState> Host::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string_view type_of_command(const HostCommand& command) {
  return type_of(command);
}
std::string encode_command(const HostCommand& command) {
  return encode_variant(command);
}

}  // namespace hub::hosts
