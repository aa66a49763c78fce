#include "events/accounts/role.hpp"

namespace hub::accounts {

std::string_view role_name(Role role) {
  switch (role) {
    case Role::host:
      return "host";
    case Role::viewer:
      return "viewer";
    case Role::dev:
      return "dev";
    case Role::admin:
      return "admin";
    case Role::none:
      break;
  }
  return "none";
}

std::optional<Role> role_of(std::string_view name) {
  for (const auto role : {Role::viewer, Role::dev, Role::admin})
    if (role_name(role) == name) return role;
  return std::nullopt;
}

}  // namespace hub::accounts
