#include "gateway/cli/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "events/core/base32.hpp"
#include "events/core/ids.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "dep_";
constexpr std::size_t kHashDigits = 28;
// So many are named when a word fits several.
constexpr std::size_t kCandidatesMax = 10;

bool is_id_start(std::string_view digits) {
  return !digits.empty() && digits.size() <= kHashDigits &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return base32_value(c) >= 0; });
}

/// Adds what the list answers for one filter; those found already are left out.
Result<void> look_up(Session& session, const std::string& filter, std::string_view value,
                     std::vector<json::value>& found) {
  const auto query = query_string({{filter, std::string(value)}, {"page_size", std::to_string(kCandidatesMax + 1)}});
  HUB_TRY(const auto answer, session.get("/api/v1/deployments" + query));
  HUB_TRY(const auto document, parse_answer(answer.body));
  for (const auto& item : array_at(document, "items")) {
    const auto id = text_at(item, "id");
    const bool known =
        std::any_of(found.begin(), found.end(), [&](const auto& other) { return text_at(other, "id") == id; });
    if (!known) found.push_back(item);
  }
  return success();
}

}  // namespace

Result<std::string> choose(std::string_view word, const std::vector<json::value>& candidates, Instant now) {
  if (candidates.size() == 1) return text_at(candidates.front(), "id");
  if (candidates.empty())
    return not_found(
        "deployment.not_found",
        fmt::format("no deployment has the name \"{0}\" or an id that starts with it: \"computehub ps\" lists "
                    "them; deleted ones are found by their whole id",
                    word));
  std::string text = fmt::format("\"{}\" fits several deployments; give more of the id:", word);
  for (std::size_t i = 0; i < std::min(candidates.size(), kCandidatesMax); ++i) {
    const auto& item = candidates[i];
    text += fmt::format("{} {} ({}, {}, made {})", i == 0 ? "" : ",", text_at(item, "id"), text_at(item, "name"),
                        text_at(item, "status"), age_text(instant_at(item, "created_at"), now));
  }
  if (candidates.size() > kCandidatesMax) text += " and more";
  return conflict(kCodeAmbiguous, text);
}

Result<std::string> resolve_deployment(Session& session, std::string_view word) {
  if (word.empty()) return wrong_usage("a deployment's id or name must not be empty");
  if (is_id(word) && prefix_of(word) == kPrefix) return std::string(word);
  std::vector<json::value> found;
  HUB_TRY(look_up(session, "name", word, found));
  const bool prefixed = word.substr(0, kPrefix.size()) == kPrefix;
  const auto digits = prefixed ? word.substr(kPrefix.size()) : word;
  // Without "dep_" a word is more likely a name; only when there is none of that name is it tried as the start of an
  // id.
  if (is_id_start(digits) && (prefixed || found.empty())) {
    HUB_TRY(look_up(session, "id_prefix", std::string(kPrefix) + std::string(digits), found));
  }
  return choose(word, found, session.console.now());
}

}  // namespace hub::cli
