#pragma once
#include <string>
#include <string_view>

#include "adapters/models/request.hpp"
#include "adapters/models/task_types.hpp"

namespace hub::calls {

// Models behind an HTTP API of their own: a template makes the body, a pointer finds the result.

Result<void> check_custom(const ModelSettings& settings);
std::string custom_endpoint(const ModelSettings& settings);
Result<Request> custom_request(const ModelSettings& settings, std::string_view api_key, const Prompt& prompt,
                               std::string_view input);

}  // namespace hub::calls
