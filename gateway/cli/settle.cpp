#include "gateway/cli/settle.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "events/core/json.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSettlesWithin{30};
constexpr std::chrono::milliseconds kAskEvery{300};
constexpr int kPending = 202;

std::string status_url_of(const HttpAnswer& answer) {
  if (answer.status != kPending) return {};
  const auto document = parse_answer(answer.body);
  return document ? text_at(document.value(), "status_url") : std::string();
}

/// The answer of the status_url, as the command itself would have been answered.
Result<HttpAnswer> became(HttpAnswer told) {
  HUB_TRY(const auto document, parse_answer(told.body));
  if (text_at(document, "state") == "accepted") return told;
  Failure failure;
  failure.kind = static_cast<FailureKind>(number_at(document, "status").value_or(500));
  failure.code = text_at(document, "code");
  failure.detail = text_at(document, "detail");
  failure.field = text_at(document, "field");
  return failure;
}

/// Asks until the command is decided.
Result<HttpAnswer> settled(HttpClient& http, const std::string& url) {
  for (const auto end = Clock::now() + kSettlesWithin;;) {
    HUB_TRY(auto told, http.send({"GET", url, {}, {}, seconds(10)}));
    if (told.status == 200) return became(std::move(told));
    // 404: nothing has been decided yet.
    if (told.status != 404 && told.status < 500) return failure_of(told);
    if (Clock::now() >= end)
      return unavailable("cli.pending",
                         "it was sent, and nobody has decided it yet; GET " + url + " says later what became of it");
    std::this_thread::sleep_for(kAskEvery);
  }
}

}  // namespace

Result<HttpAnswer> change(Session& session, const HttpRequest& request,
                          const std::function<HttpRequest(const Decided&)>& after) {
  HUB_TRY(auto answer, session.call(request));
  const auto url = status_url_of(answer);
  if (url.empty()) return answer;
  HUB_TRY(auto* const http, session.client());
  HUB_TRY(const auto outcome, settled(*http, url));
  HUB_TRY(const auto document, parse_answer(outcome.body));
  HUB_TRY(auto now, http->send(after({text_at(document, "entity"), text_at(document, "position")})));
  if (now.status >= 400) return failure_of(now);
  return now;
}

Result<HttpAnswer> change_deployment(Session& session, const HttpRequest& request) {
  std::string entity;
  auto answer = change(session, request, [&](const Decided& decided) {
    entity = decided.entity;
    const auto query = query_string({{"min_pos", decided.position}});
    return HttpRequest{"GET", "/api/v1/deployments/" + entity + query, {}, {}, seconds(60)};
  });
  const bool is_gone = !answer && answer.error().kind == FailureKind::not_found;
  if (!is_gone || entity.empty() || request.method != "DELETE") return answer;
  HttpAnswer deleted;
  deleted.status = 200;
  deleted.body = "{\"id\":" + json_string(entity) + ",\"status\":\"deleted\"}";
  return deleted;
}

}  // namespace hub::cli
