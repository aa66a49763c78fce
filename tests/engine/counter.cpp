#include "tests/engine/counter.hpp"

#include <stdexcept>

#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::test {

Result<std::vector<Counter::Event>> Counter::decide(const State& state, const Command& command,
                                                    const engine::Context& context) {
  using Events = std::vector<Event>;
  return std::visit(overloaded{[&](const Add& c) -> Result<Events> {
                                 if (state.total + c.amount < 0) return conflict("counter.negative", "below zero");
                                 return Events{Added{c.amount}};
                               },
                               [&](const Pass& c) -> Result<Events> {
                                 return Events{Passed{c.to, c.amount}};
                               },
                               [&](const Arm& c) -> Result<Events> { return Events{Armed{c.at}}; },
                               [&](const Fire&) -> Result<Events> {
                                 // A firing may come twice, and then late for the next time it is armed.
                                 if (!state.armed_for.is_set() || context.now < state.armed_for) return Events{};
                                 return Events{Fired{context.now}};
                               },
                               [&](const ThrowInDecide&) -> Result<Events> { throw std::runtime_error("decide"); },
                               [&](const ThrowInEvolve&) -> Result<Events> { return Events{Poisoned{}}; }},
                    command);
}

void Counter::evolve(State& state, const Event& event) {
  std::visit(
      overloaded{[&](const Added& e) { state.total += e.amount; }, [&](const Passed& e) { state.total += e.amount; },
                 [&](const Armed& e) { state.armed_for = e.at; },
                 [&](const Fired&) {
                   state.armed_for = {};
                   ++state.total;
                 },
                 [&](const Poisoned&) { throw std::runtime_error("evolve"); }},
      event);
}

std::vector<engine::Message> Counter::react(const State&, const Event& event, std::string_view) {
  if (const auto* passed = std::get_if<Passed>(&event))
    return {{passed->to, std::string(Add::type), to_json(Add{passed->amount})}};
  return {};
}

engine::Agenda Counter::agenda(const State& state) {
  if (!state.armed_for.is_set()) return {};
  const auto key = std::to_string(state.armed_for.micros);
  return {{engine::Due::Kind::effect, "call", key, {}, "{}", {}},
          {engine::Due::Kind::timer, "fire", key, state.armed_for, "{}", std::string(Fire::type)}};
}

Result<Counter::Command> Counter::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
Result<Counter::Event> Counter::decode_event(std::string_view type, std::string_view json) {
  return decode_variant<Event>(type, json);
}
std::string_view Counter::event_type(const Event& event) {
  return type_of(event);
}
std::string Counter::encode_event(const Event& event) {
  return encode_variant(event);
}
std::string Counter::encode_state(const State& state) {
  return to_json(state);
}
Result<CounterState> Counter::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string encode_command(const Counter::Command& command) {
  return encode_variant(command);
}
std::string_view type_of_command(const Counter::Command& command) {
  return type_of(command);
}

}  // namespace hub::test
