#pragma once
#include <boost/json.hpp>
#include <string>

#include "gateway/cli/console.hpp"

namespace hub::cli {

/// "online", or "cooling down for 12 s: call.rate_limited" while nothing is started.
std::string model_status_text(const boost::json::value& model, Instant now);

/// The table of `model ls`.
std::string models_table(const boost::json::array& items, const Console& console);

}  // namespace hub::cli
