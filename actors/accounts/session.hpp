#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "events/accounts/session_events.hpp"

namespace hub::accounts {

/// To entity derive_id("ses_", command_id, 0). Whoever sends it has looked at the token of the owner, has made the
/// secret, and gives it to the browser once. Refused: conflict `session.exists`; invalid `session.owner`,
/// `session.secret_hash`, `session.expires_at` (not in the future).
struct OpenSession {
  static constexpr std::string_view type = "OpenSession";
  static constexpr std::string_view required[] = {"owner", "secret_hash", "expires_at"};
  std::string owner;        ///< principal, not empty
  std::string secret_hash;  ///< token_hash(secret): 64 lower-case hexadecimal digits
  Instant expires_at;
  bool operator==(const OpenSession&) const = default;
};
BOOST_DESCRIBE_STRUCT(OpenSession, (), (owner, secret_hash, expires_at))

/// Refused: not_found `session.unknown`. A second time is accepted and changes nothing.
struct EndSession {
  static constexpr std::string_view type = "EndSession";
  bool operator==(const EndSession&) const = default;
};
BOOST_DESCRIBE_STRUCT(EndSession, (), ())

struct SessionState {
  bool opened = false;
  bool ended = false;
  bool operator==(const SessionState&) const = default;
};
BOOST_DESCRIBE_STRUCT(SessionState, (), (opened, ended))

/// Aggregate (actors/engine/aggregate.hpp): one session of a browser. As with an API key, its expiry is no timer.
struct Session {
  static constexpr std::string_view kind = "session";
  static constexpr std::string_view prefix = kSessionPrefix;
  static constexpr std::uint32_t state_version = 1;
  using State = SessionState;
  using Command = std::variant<OpenSession, EndSession>;
  using Event = SessionEvent;

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
std::string encode_command(const Session::Command& command);

}  // namespace hub::accounts
