#include "gateway/routes/caller.hpp"

#include "events/core/json.hpp"

namespace hub::routes {

Caller caller_of(const http::Request& request) {
  const auto credential = http::credential_of(request, false);
  if (!credential) return {};
  return {credential.value().kind, std::string(credential.value().secret)};
}

accounts::AccessTable::PrincipalPtr principal_now(const Services& services, const Caller& caller) {
  switch (caller.kind) {
    case http::Credential::Kind::none:
      break;
    case http::Credential::Kind::token:
      return services.access.find(caller.secret, services.clock());
    case http::Credential::Kind::session:
      return services.access.find_session(caller.secret, services.clock());
  }
  return nullptr;
}

std::string principal_json(const accounts::Principal& principal) {
  std::string json = "{\"id\":" + json_string(principal.id) +
                     ",\"organisation\":" + json_string(principal.organisation) +
                     ",\"project\":" + json_string(principal.project) + ",\"roles\":{";
  for (const auto& [project, role] : principal.roles) {
    if (json.back() != '{') json += ',';
    json += json_string(project) + ":" + json_string(accounts::role_name(role));
  }
  return json + "}}";
}

}  // namespace hub::routes
