// What a model owes, and how its parts become JSON.
#include "actors/models/model.hpp"
#include "actors/models/queue.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::models {
namespace {

engine::Due owed(const State& state, const Call& call) {
  auto key = call.task + "." + std::to_string(call.attempt);
  return {engine::Due::Kind::effect,
          call.unwanted ? "end" : "call",
          std::move(key),
          {},
          to_json(CallData{call.task, call.attempt, call.timeout, state.spec_number, call.loan}),
          {}};
}

}  // namespace

engine::Agenda Model::agenda(const State& state) {
  engine::Agenda agenda;
  agenda.reserve(state.calls.size() + 1);
  for (const auto& call : state.calls) agenda.push_back(owed(state, call));
  auto wake = next_due(state);
  if (state.breaker.until && (!wake || *state.breaker.until < *wake)) wake = state.breaker.until;
  if (wake)
    agenda.push_back({engine::Due::Kind::timer, "wake", std::to_string(wake->micros), *wake, to_json(Wake{}),
                      std::string(Wake::type)});
  return agenda;
}

Result<Command> Model::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
std::string Model::encode_state(const State& state) {
  return to_json(state);
}
Result<State> Model::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string_view type_of_command(const Command& command) {
  return type_of(command);
}
std::string encode_command(const Command& command) {
  return encode_variant(command);
}
Result<CallData> decode_call_data(std::string_view json) {
  return from_json<CallData>(json, ReadMode::lenient);
}

}  // namespace hub::models
