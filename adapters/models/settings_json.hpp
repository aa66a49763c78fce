#pragma once
#include <string_view>

#include "adapters/models/request.hpp"

namespace hub::calls {

/// A model's settings from the JSON object in which users give them, headers as an object of texts. Whether they fit
/// the type is check_settings()'s matter. Fails: invalid `model.invalid_settings` for an unknown type; what from_json
/// fails with.
Result<ModelSettings> settings_of(std::string_view type, std::string_view json);

}  // namespace hub::calls
