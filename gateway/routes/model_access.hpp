#pragma once
#include <string_view>

#include "gateway/http/request.hpp"
#include "gateway/routes/services.hpp"

namespace hub::routes {

/// The model that is meant by an id, or by the name that it has in the request's project (`project=`, else the
/// caller's own), when the caller has `role` there; with `project=` one of that project alone. Fails: not_found
/// `model.not_found`, forbidden `auth.forbidden`.
Result<model_rows::View> model_of(Services& services, const http::Request& request, std::string_view text,
                                  accounts::Role role);

/// Fallbacks of a model, by id or by the name that they have in `project`, as ids. `self`: the model's own id. Fails:
/// invalid `model.fallbacks` for one that is not there, is named twice, or is the model itself.
Result<std::vector<std::string>> fallbacks_of(Services& services, const std::string& project, std::string_view self,
                                              const std::vector<std::string>& named);

/// The task with this id, when the caller has `role` in its project. Fails: not_found `task.not_found`, forbidden
/// `auth.forbidden`.
Result<task_rows::View> task_of(Services& services, const http::Request& request, std::string_view id,
                                accounts::Role role);

}  // namespace hub::routes
