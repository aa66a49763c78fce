#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "projections/core/projection.hpp"

namespace hub::bench {

/// Asks for `events` events, each with the note.
struct Count {
  static constexpr std::string_view type = "Count";
  std::int64_t events = 1;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(Count, (), (events, note))

struct Counted {
  static constexpr std::string_view type = "computehub.bench.counted.v1";
  std::string note;
  bool operator==(const Counted&) const = default;
};
BOOST_DESCRIBE_STRUCT(Counted, (), (note))

struct TallyState {
  std::int64_t counted = 0;
  bool operator==(const TallyState&) const = default;
};
BOOST_DESCRIBE_STRUCT(TallyState, (), (counted))

/// An aggregate that does what a stream application does that counts by key, so that the engine is compared with one,
/// and not an aggregate's rules.
struct Tally {
  static constexpr std::string_view kind = "tally";
  static constexpr std::string_view prefix = "tly_";
  static constexpr std::uint32_t state_version = 1;
  using State = TallyState;
  using Command = std::variant<Count>;
  using Event = std::variant<Counted>;

  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  static engine::Agenda agenda(const State& state);
  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json);
  static std::string_view event_type(const Event& event);
  static std::string encode_event(const Event& event);
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

/// Counts the events of each entity in a row of its own: projection "tallies".
std::shared_ptr<const projections::Projection> make_tally_projection();

}  // namespace hub::bench
