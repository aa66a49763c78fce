#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "events/accounts/api_key_events.hpp"

namespace hub::accounts {

inline constexpr std::size_t kApiKeyNameSizeMax = 128;

/// To entity derive_id("key_", command_id, 0). Whoever sends it has made the token, has seen that the project exists
/// and that the caller may give this role there, and shows the token once. Refused: conflict `api_key.exists`; invalid
/// `api_key.name`, `api_key.project`, `api_key.role`, `api_key.host`, `api_key.expires_at` (not in the future),
/// `api_key.token_hash`.
struct CreateApiKey {
  static constexpr std::string_view type = "CreateApiKey";
  static constexpr std::string_view required[] = {"project", "role", "token_hash"};
  std::string name;  ///< for people, up to 128 bytes, may be empty
  std::string project;
  Role role = Role::none;  ///< not none
  std::optional<Instant> expires_at;
  std::string token_hash;                ///< token_hash(token): 64 lower-case hexadecimal digits
  std::string owner;                     ///< principal; empty: who asks
  std::optional<std::string> host = {};  ///< of the role host and no other: a name of 1 to 100 letters, digits, "_.-"
  bool operator==(const CreateApiKey&) const = default;
};
BOOST_DESCRIBE_STRUCT(CreateApiKey, (), (name, project, role, expires_at, token_hash, owner, host))

/// Refused: not_found `api_key.unknown`. A second time is accepted and changes nothing.
struct RevokeApiKey {
  static constexpr std::string_view type = "RevokeApiKey";
  bool operator==(const RevokeApiKey&) const = default;
};
BOOST_DESCRIBE_STRUCT(RevokeApiKey, (), ())

struct ApiKeyState {
  bool created = false;
  bool revoked = false;
  bool operator==(const ApiKeyState&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApiKeyState, (), (created, revoked))

/// Aggregate (actors/engine/aggregate.hpp): one API key. Its expiry is no timer: whoever looks a token up compares the
/// time (projections/accounts), so a key ends at its moment even when nothing runs.
struct ApiKey {
  static constexpr std::string_view kind = "api_key";
  static constexpr std::string_view prefix = kApiKeyPrefix;
  static constexpr std::uint32_t state_version = 1;
  using State = ApiKeyState;
  using Command = std::variant<CreateApiKey, RevokeApiKey>;
  using Event = ApiKeyEvent;

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
std::string encode_command(const ApiKey::Command& command);

}  // namespace hub::accounts
