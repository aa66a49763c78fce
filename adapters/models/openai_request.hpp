#pragma once
#include <string>
#include <string_view>

#include "adapters/models/request.hpp"
#include "adapters/models/task_types.hpp"

namespace hub::calls {

// Models that speak OpenAI's API: the service itself and servers of one's own.

Result<void> check_openai(const ModelSettings& settings);
Result<void> check_local(const ModelSettings& settings);
std::string openai_endpoint(const ModelSettings& settings);
std::string local_endpoint(const ModelSettings& settings);
Result<Request> openai_request(const ModelSettings& settings, std::string_view api_key, const Prompt& prompt,
                               std::string_view input);

}  // namespace hub::calls
