#pragma once
#include <string>
#include <string_view>

#include "events/core/result.hpp"

namespace hub::calls {

/// What the placeholders of a request template stand for.
struct TemplateValues {
  std::string_view input;  ///< JSON
  std::string_view text;   ///< characters
  std::string_view model;  ///< characters
};

/// ModelSettings::request_template (not empty) filled in: JSON.
/// Fails: invalid `model.invalid_settings`, field request_template, for a placeholder that is none, or when what comes
/// out is not JSON.
Result<std::string> fill_template(std::string_view request_template, const TemplateValues& values);

}  // namespace hub::calls
