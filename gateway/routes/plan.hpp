#pragma once
#include "gateway/http/response.hpp"
#include "gateway/routes/services.hpp"

namespace hub::routes {

/// Fails: invalid `provider.unknown`, `provider.containers_unavailable`.
Result<void> check_provider(Services& services, const deployments::Spec& spec);

/// Fails: invalid `deployment.secret_unknown` when the project has not a secret that the spec names.
Result<void> check_secrets(Services& services, const http::Request& request, const std::string& project,
                           const deployments::Spec& spec);

/// POST /api/v1/deployments?dry_run=true → 200 with the plan; nothing changes.
asio::awaitable<http::Response> plan_deployment(Services& services, http::Request& request);

}  // namespace hub::routes
