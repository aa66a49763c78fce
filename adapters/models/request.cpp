#include "adapters/models/request.hpp"

#include <algorithm>

#include "adapters/models/model_types.hpp"

namespace hub::calls {

Result<void> check_settings(const ModelSettings& settings) {
  return row_of(settings.type).check(settings);
}

std::string endpoint_of(const ModelSettings& settings) {
  return row_of(settings.type).endpoint(settings);
}

Result<void> check_api_key(std::string_view api_key) {
  const bool printable = std::all_of(api_key.begin(), api_key.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (printable && api_key.size() <= kHeaderBytesMax) return success();
  return invalid("model.invalid_settings", "a key has at most 8,192 printable ASCII characters and no blanks",
                 "api_key");
}

Result<Request> make_request(const ModelSettings& settings, std::string_view api_key, TaskType type,
                             std::string_view input) {
  HUB_TRY(check_settings(settings));
  HUB_TRY(check_api_key(api_key));
  HUB_TRY(const auto prompt, prompt_of(type, input));
  return row_of(settings.type).request(settings, api_key, prompt, input);
}

}  // namespace hub::calls
