#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "events/accounts/access_events.hpp"

namespace hub::accounts {

/// To entity access_id(organisation, project). Whoever sends it has gathered what belongs together.
/// Refused: invalid `access.count` (less than 1).
struct RecordRefusals {
  static constexpr std::string_view type = "RecordRefusals";
  std::string caller;
  std::int32_t status = 0;
  std::string code;
  std::string route;
  std::string request_id;
  std::int64_t count = 0;
  Instant first_at;
  Instant last_at;
  bool operator==(const RecordRefusals&) const = default;
};
BOOST_DESCRIBE_STRUCT(RecordRefusals, (), (caller, status, code, route, request_id, count, first_at, last_at))

struct AccessState {
  std::int64_t refused = 0;  ///< in all
  bool operator==(const AccessState&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccessState, (), (refused))

/// Aggregate (actors/engine/aggregate.hpp): who was refused at the door of one project. It decides nothing; it makes
/// refusals a part of the record, like everything else that must be answered for.
struct Access {
  static constexpr std::string_view kind = "access";
  static constexpr std::string_view prefix = kAccessPrefix;
  static constexpr std::uint32_t state_version = 1;
  using State = AccessState;
  using Command = std::variant<RecordRefusals>;
  using Event = AccessEvent;

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

/// JSON of a command, for whoever sends it.
std::string encode_command(const Access::Command& command);

}  // namespace hub::accounts
