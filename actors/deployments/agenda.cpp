// What a deployment owes, and how its parts become JSON.
#include "actors/deployments/deployment.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::deployments {
namespace {

engine::Due effect(const State& state, std::string name, std::string key) {
  const EffectData data{state.provider, state.run, state.stop_grace, state.limits};
  return {engine::Due::Kind::effect, std::move(name), std::move(key), state.effect_at, to_json(data), {},
          state.host.value_or("")};
}

}  // namespace

engine::Agenda Deployment::agenda(const State& state) {
  const auto attempt = std::to_string(state.run) + "." + std::to_string(state.attempt);
  switch (state.status) {
    case Status::creating:
      return {effect(state, "prepare", attempt)};
    case Status::starting:
      if (!state.restart_at.is_set()) return {effect(state, "start", attempt)};
      return {{engine::Due::Kind::timer, "restart", std::to_string(state.run), state.restart_at,
               to_json(RestartDue{state.run}), std::string(RestartDue::type)}};
    case Status::running:
      return {effect(state, "watch", std::to_string(state.run))};
    case Status::unreachable:
      // Another one than before: its host looks again when it learns that it was away.
      return {effect(state, "watch", std::to_string(state.run) + ".unreachable")};
    case Status::stopping:
      return {effect(state, "stop", attempt)};
    case Status::deleting:
      return {effect(state, "remove", attempt)};
    case Status::stopped:
    case Status::failed:
    case Status::deleted:
      break;
  }
  return {};
}

Result<Command> Deployment::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
Result<Event> Deployment::decode_event(std::string_view type, std::string_view json) {
  return deployments::decode_event(type, json);
}
std::string Deployment::encode_state(const State& state) {
  return to_json(state);
}
Result<State> Deployment::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string_view type_of_command(const Command& command) {
  return type_of(command);
}
std::string encode_command(const Command& command) {
  return encode_variant(command);
}
Result<EffectData> decode_effect_data(std::string_view json) {
  return from_json<EffectData>(json, ReadMode::lenient);
}

}  // namespace hub::deployments
