#pragma once
// A second, tiny aggregate: what it takes to add one. It also has ways to misbehave, for the engine's tests.
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "actors/engine/aggregate.hpp"

namespace hub::test {

struct Add {
  static constexpr std::string_view type = "Add";
  std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(Add, (), (amount))
/// Adds here and passes the amount on to another counter.
struct Pass {
  static constexpr std::string_view type = "Pass";
  std::string to;
  std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(Pass, (), (to, amount))
/// Asks for an effect "call" and a timer that adds 1 at `at`.
struct Arm {
  static constexpr std::string_view type = "Arm";
  Instant at;
};
BOOST_DESCRIBE_STRUCT(Arm, (), (at))
struct Fire {
  static constexpr std::string_view type = "Fire";
};
BOOST_DESCRIBE_STRUCT(Fire, (), ())
struct ThrowInDecide {
  static constexpr std::string_view type = "ThrowInDecide";
  std::string note;
};
BOOST_DESCRIBE_STRUCT(ThrowInDecide, (), (note))
struct ThrowInEvolve {
  static constexpr std::string_view type = "ThrowInEvolve";
};
BOOST_DESCRIBE_STRUCT(ThrowInEvolve, (), ())

struct Added {
  static constexpr std::string_view type = "computehub.counter.added.v1";
  std::int64_t amount = 0;
  bool operator==(const Added&) const = default;
};
BOOST_DESCRIBE_STRUCT(Added, (), (amount))
struct Passed {
  static constexpr std::string_view type = "computehub.counter.passed.v1";
  std::string to;
  std::int64_t amount = 0;
  bool operator==(const Passed&) const = default;
};
BOOST_DESCRIBE_STRUCT(Passed, (), (to, amount))
struct Armed {
  static constexpr std::string_view type = "computehub.counter.armed.v1";
  Instant at;
  bool operator==(const Armed&) const = default;
};
BOOST_DESCRIBE_STRUCT(Armed, (), (at))
struct Fired {
  static constexpr std::string_view type = "computehub.counter.fired.v1";
  Instant at;
  bool operator==(const Fired&) const = default;
};
BOOST_DESCRIBE_STRUCT(Fired, (), (at))
struct Poisoned {
  static constexpr std::string_view type = "computehub.counter.poisoned.v1";
  bool operator==(const Poisoned&) const = default;
};
BOOST_DESCRIBE_STRUCT(Poisoned, (), ())

struct CounterState {
  std::int64_t total = 0;
  Instant armed_for;
  bool operator==(const CounterState&) const = default;
};
BOOST_DESCRIBE_STRUCT(CounterState, (), (total, armed_for))

struct Counter {
  static constexpr std::string_view kind = "counter";
  static constexpr std::string_view prefix = "cnt_";
  static constexpr std::uint32_t state_version = 1;
  using State = CounterState;
  using Command = std::variant<Add, Pass, Arm, Fire, ThrowInDecide, ThrowInEvolve>;
  using Event = std::variant<Added, Passed, Armed, Fired, Poisoned>;

  /// Refuses `counter.negative` below zero.
  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  static std::vector<engine::Message> react(const State& state, const Event& event, std::string_view entity);
  static engine::Agenda agenda(const State& state);
  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json);
  static std::string_view event_type(const Event& event);
  static std::string encode_event(const Event& event);
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

std::string encode_command(const Counter::Command& command);
std::string_view type_of_command(const Counter::Command& command);

}  // namespace hub::test
