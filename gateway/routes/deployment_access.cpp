#include "gateway/routes/deployment_access.hpp"

#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"

namespace hub::routes {
namespace {

Failure absent() {
  return not_found("deployment.not_found", "no such deployment");
}

Result<deployments::Item> item_of(Services& services, std::string_view id) {
  if (!is_id(id)) return absent();
  return services.deployments.get(id, services.clock());
}

/// What was found, when the caller may have it.
Result<deployments::Item> admit(Services& services, const http::Request& request, Result<deployments::Item> found,
                                accounts::Role role) {
  if (!found) return found;
  const auto& project = found.value().project;
  if (!request.principal->may(accounts::Role::viewer, project)) {
    services.refused_access(request, 404);
    return absent();
  }
  HUB_TRY(require(request, role, project));
  return found;
}

}  // namespace

Result<deployments::Item> deployment_of(Services& services, const http::Request& request, std::string_view id,
                                        accounts::Role role) {
  return admit(services, request, item_of(services, id), role);
}

Result<deployments::Item> deployment_of(Services& services, const http::Request& request, accounts::Role role) {
  return deployment_of(services, request, request.param("id"), role);
}

asio::awaitable<Result<deployments::Item>> find_deployment(Services& services, const http::Request& request,
                                                           accounts::Role role) {
  const auto id = request.param("id");
  auto item = item_of(services, id);
  if (!item && item.error().kind == FailureKind::not_found && is_id(id)) {
    if (const auto written = services.deployments.written(id)) {
      co_await reach(services, *written);
      item = item_of(services, id);
    }
  }
  co_return admit(services, request, std::move(item), role);
}

}  // namespace hub::routes
