#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::accounts {

inline constexpr std::string_view kAccessPrefix = "acs_";
/// `caller` of requests without a valid token.
inline constexpr std::string_view kNobody = "nobody";
/// `caller` for those who are too many to be named one by one.
inline constexpr std::string_view kOthers = "others";

// Facts about the door of a project, entity access_id(organisation, project).

/// Requests were refused for want of a right. One record stands for all of one caller, status and code within a while,
/// so that refusals cannot fill the disk.
struct AccessRefused {
  static constexpr std::string_view type = "computehub.access.refused.v1";
  std::string caller;       ///< principal, kNobody or kOthers
  std::int32_t status = 0;  ///< 401, 403, or 404 for what belongs to others
  std::string code;         ///< as answered
  std::string route;        ///< of the first of them: the pattern, or the live stream's; empty: nothing is there
  std::string request_id;   ///< of the first of them
  std::int64_t count = 0;   ///< at least 1
  Instant first_at;
  Instant last_at;
  bool operator==(const AccessRefused&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccessRefused, (), (caller, status, code, route, request_id, count, first_at, last_at))

using AccessEvent = std::variant<AccessRefused>;

/// The entity that a project's refusals are recorded of.
std::string access_id(std::string_view organisation, std::string_view project);

std::string_view type_of_event(const AccessEvent& event);
std::string encode_event(const AccessEvent& event);
/// Fails: invalid `type.unknown` for a type of a newer release; what from_json fails with.
Result<AccessEvent> decode_access_event(std::string_view type, std::string_view json);

}  // namespace hub::accounts
