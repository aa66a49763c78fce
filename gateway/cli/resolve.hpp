#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/session.hpp"

namespace hub::cli {

/// The id that a user meant by an id, a unique prefix of one (with or without "dep_"), or a name that only one
/// deployment has. A whole id is taken without asking, so deleted ones are found by it.
/// Fails: `cli.usage` (empty), not_found `deployment.not_found`, conflict `cli.ambiguous` with the candidates; what
/// Session::call() fails with.
Result<std::string> resolve_deployment(Session& session, std::string_view word);

/// The same from what the list endpoint answered; pure.
Result<std::string> choose(std::string_view word, const std::vector<boost::json::value>& candidates, Instant now);

}  // namespace hub::cli
