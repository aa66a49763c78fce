#pragma once
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace hub::accounts {

enum class Role { none, viewer, dev, admin };  ///< each may what the one before it may
BOOST_DESCRIBE_ENUM(Role, none, viewer, dev, admin)

/// "viewer" | "dev" | "admin"; "none" for none.
std::string_view role_name(Role role);
/// Of "viewer", "dev" or "admin"; nothing else names a role that can be given.
std::optional<Role> role_of(std::string_view name);

}  // namespace hub::accounts
