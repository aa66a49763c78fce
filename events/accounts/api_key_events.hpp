#pragma once
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "events/accounts/role.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::accounts {

inline constexpr std::string_view kApiKeyPrefix = "key_";

// Facts about one API key, entity "key_…". The key itself is never recorded, only the SHA-256 of its 256 random bits.

struct ApiKeyCreated {
  static constexpr std::string_view type = "computehub.api_key.created.v1";
  std::string name;  ///< for people, 0..128 bytes
  std::string organisation;
  std::string project;  ///< the only one it opens
  Role role = Role::none;
  std::optional<Instant> expires_at;     ///< good before this moment; none: until revoked
  std::string token_hash;                ///< SHA-256 of the token, 64 lower-case hexadecimal digits
  std::string owner;                     ///< principal who asked
  std::optional<std::string> host = {};  ///< of the role host: the machine that it may attach
  bool operator==(const ApiKeyCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApiKeyCreated, (), (name, organisation, project, role, expires_at, token_hash, owner, host))

/// The key opens nothing any more. The id stays spent.
struct ApiKeyRevoked {
  static constexpr std::string_view type = "computehub.api_key.revoked.v1";
  bool operator==(const ApiKeyRevoked&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApiKeyRevoked, (), ())

using ApiKeyEvent = std::variant<ApiKeyCreated, ApiKeyRevoked>;

std::string_view type_of_event(const ApiKeyEvent& event);
std::string encode_event(const ApiKeyEvent& event);
/// Fails: invalid `type.unknown` for a type of a newer release; what from_json fails with.
Result<ApiKeyEvent> decode_api_key_event(std::string_view type, std::string_view json);

}  // namespace hub::accounts
