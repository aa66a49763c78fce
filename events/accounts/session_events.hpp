#pragma once
#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::accounts {

inline constexpr std::string_view kSessionPrefix = "ses_";

// Facts about one session of a browser, entity "ses_…". What the cookie holds is never recorded, only its SHA-256.

/// Somebody traded a token for a session. It gives the rights of its owner, and ends with what the owner signed in by.
struct SessionOpened {
  static constexpr std::string_view type = "computehub.session.opened.v1";
  std::string owner;  ///< principal: "key:key_…" | "user:dev"
  std::string organisation;
  std::string secret_hash;  ///< SHA-256 of what the cookie holds, 64 lower-case hexadecimal digits
  Instant expires_at;       ///< good before this moment
  bool operator==(const SessionOpened&) const = default;
};
BOOST_DESCRIBE_STRUCT(SessionOpened, (), (owner, organisation, secret_hash, expires_at))

/// Its owner signed out, or signed in anew in the same browser.
struct SessionEnded {
  static constexpr std::string_view type = "computehub.session.ended.v1";
  bool operator==(const SessionEnded&) const = default;
};
BOOST_DESCRIBE_STRUCT(SessionEnded, (), ())

using SessionEvent = std::variant<SessionOpened, SessionEnded>;

std::string_view type_of_event(const SessionEvent& event);
std::string encode_event(const SessionEvent& event);
/// Fails: invalid `type.unknown` for a type of a newer release; what from_json fails with.
Result<SessionEvent> decode_session_event(std::string_view type, std::string_view json);

}  // namespace hub::accounts
