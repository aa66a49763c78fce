#pragma once
#include <string>

#include "gateway/http/request.hpp"
#include "gateway/routes/services.hpp"

namespace hub::routes {

/// The deployment of the path's `{id}` as it is now, when the caller has `role` in its project. One that the caller may
/// not see is as good as absent. Fails: not_found `deployment.not_found`, forbidden `auth.forbidden`.
Result<deployments::Item> deployment_of(Services& services, const http::Request& request, accounts::Role role);
Result<deployments::Item> deployment_of(Services& services, const http::Request& request, std::string_view id,
                                        accounts::Role role);

}  // namespace hub::routes
