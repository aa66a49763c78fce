#include "gateway/routes/deployment_access.hpp"

#include "gateway/routes/command.hpp"

namespace hub::routes {
namespace {

Failure absent() {
  return not_found("deployment.not_found", "no such deployment");
}

Result<deployments::Item> item_of(Services& services, const http::Request& request, std::string_view id) {
  if (!is_id(id)) return absent();
  auto item = services.deployments.get(id, services.clock());
  if (!item && item.error().kind == FailureKind::not_found) note_missing(request, id);
  return item;
}

/// What was found, when the caller may have it.
Result<deployments::Item> admit(Services& services, const http::Request& request, Result<deployments::Item> found,
                                accounts::Role role) {
  if (!found) return found;
  const auto& project = found.value().project;
  if (!request.principal->may(accounts::Role::viewer, project)) {
    note_missing_right(request, project);
    services.refused_access(request, 404, project);
    return absent();
  }
  HUB_TRY(require(request, role, project));
  return found;
}

}  // namespace

Result<deployments::Item> deployment_of(Services& services, const http::Request& request, std::string_view id,
                                        accounts::Role role) {
  return admit(services, request, item_of(services, request, id), role);
}

Result<deployments::Item> deployment_of(Services& services, const http::Request& request, accounts::Role role) {
  return deployment_of(services, request, request.param("id"), role);
}

}  // namespace hub::routes
