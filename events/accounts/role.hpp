#pragma once
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace hub::accounts {

/// From viewer on each may what the one before it may. A key of the role host may attach the machine that it names, and
/// nothing else.
enum class Role { none, host, viewer, dev, admin };
BOOST_DESCRIBE_ENUM(Role, none, host, viewer, dev, admin)

/// "host" | "viewer" | "dev" | "admin"; "none" for none.
std::string_view role_name(Role role);
/// Of "viewer", "dev" or "admin"; nothing else names a role that can be given to a person.
std::optional<Role> role_of(std::string_view name);

}  // namespace hub::accounts
