#pragma once
#include <map>
#include <string>
#include <string_view>

#include "events/accounts/role.hpp"

namespace hub::accounts {

/// Who asks, with all rights that were found when the token was checked.
struct Principal {
  std::string id;                                  ///< "key:key_…" | "user:dev"; what events record as `actor`
  std::string organisation;                        ///< "default"
  std::string project;                             ///< where things are made when a request names none
  std::map<std::string, Role, std::less<>> roles;  ///< by project
  std::string host = {};                           ///< of a key of the role host: the machine that it may attach
  std::string session = {};                        ///< "ses_…" of a browser that signed in; empty: came with a token

  Role role_in(std::string_view name) const {
    const auto found = roles.find(name);
    return found == roles.end() ? Role::none : found->second;
  }
  bool may(Role needed, std::string_view name) const { return role_in(name) >= needed; }
};

}  // namespace hub::accounts
