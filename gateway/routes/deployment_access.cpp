#include "gateway/routes/deployment_access.hpp"

#include "gateway/routes/command.hpp"

namespace hub::routes {

Result<deployments::Item> deployment_of(Services& services, const http::Request& request, std::string_view id,
                                        accounts::Role role) {
  const auto absent = [] { return not_found("deployment.not_found", "no such deployment"); };
  if (!is_id(id)) return absent();
  HUB_TRY(auto item, services.deployments.get(id, services.clock()));
  if (!request.principal->may(accounts::Role::viewer, item.project)) {
    services.refused_access(request, 404);
    return absent();
  }
  HUB_TRY(require(request, role, item.project));
  return item;
}

Result<deployments::Item> deployment_of(Services& services, const http::Request& request, accounts::Role role) {
  return deployment_of(services, request, request.param("id"), role);
}

}  // namespace hub::routes
