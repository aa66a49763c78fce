#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "gateway/cli/session.hpp"
#include "gateway/cli/table.hpp"

namespace hub::cli {

/// "failed: exit 3"; just the status when there is nothing to say about it.
std::string status_text(const boost::json::value& deployment);
Colour status_colour(std::string_view status);

/// The table of `ps`. Ids are cut to the shortest length, at least 12, at which those shown differ.
std::string deployments_table(const boost::json::array& items, const Console& console);
/// The lines of `show`.
std::string deployment_fields(const boost::json::value& deployment, const Console& console);
/// One line for each event: when, what, by whom.
std::string event_line(const boost::json::value& event, const Console& console);

}  // namespace hub::cli
