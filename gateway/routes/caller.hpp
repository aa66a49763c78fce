#pragma once
#include <string>

#include "gateway/http/guard.hpp"
#include "gateway/routes/services.hpp"
#include "projections/accounts/principal.hpp"

namespace hub::routes {

/// What a caller came in with, kept beyond its request: by it a stream looks at its caller's rights again and again.
struct Caller {
  http::Credential::Kind kind = http::Credential::Kind::none;
  std::string secret;
};
Caller caller_of(const http::Request& request);
/// With the rights of now; null when there are none any more.
accounts::AccessTable::PrincipalPtr principal_now(const Services& services, const Caller& caller);

/// {id, organisation, project, roles: {project: role}}: schema Me.
std::string principal_json(const accounts::Principal& principal);

}  // namespace hub::routes
