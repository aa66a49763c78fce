#include "gateway/routes/deployment_access.hpp"

#include "gateway/routes/await.hpp"
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

asio::awaitable<Result<deployments::Item>> find_deployment(Services& services, const http::Request& request,
                                                           accounts::Role role) {
  auto item = deployment_of(services, request, role);
  const auto id = request.param("id");
  if (item || item.error().kind != FailureKind::not_found || !is_id(id)) co_return item;
  const auto written = services.deployments.written(id);
  if (!written) co_return item;
  co_await reach(services, *written);
  co_return deployment_of(services, request, role);
}

}  // namespace hub::routes
