// Logs and metrics of a deployment.
#include "events/core/json.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/routes/telemetry_json.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

constexpr std::uint64_t kLinesMax = 10'000;
/// The greatest number that every client can say without loss.
constexpr std::uint64_t kLineMax = (1ULL << 53) - 1;
constexpr Duration kMetricsDefault = seconds(15 * 60);

Result<Instant> time_of(const Request& request, std::string_view name) {
  const auto text = request.query.get(name);
  if (!text) return Instant{};
  const auto time = parse_rfc3339(*text);
  if (!time) return invalid("query.range", time.error().detail, name);
  // The time 0 stands for none here: what it bounds, the microsecond before it bounds as well.
  return time.value().is_set() ? time.value() : Instant{-1};
}

Result<std::optional<std::uint64_t>> cursor_of(const Request& request, std::string_view name) {
  const auto text = request.query.get(name);
  if (!text) return std::optional<std::uint64_t>();
  auto seq = parse_log_cursor(*text);
  if (!seq) {
    auto failure = seq.error();
    failure.field = name;
    return failure;
  }
  return std::optional<std::uint64_t>(seq.value());
}

Result<providers::LogQuery> log_query_of(const Request& request) {
  HUB_TRY(request.query.only({"after", "before", "line", "limit", "tail", "from", "to", "contains", "stream"}));
  providers::LogQuery query;
  HUB_TRY(query.after, cursor_of(request, "after"));
  HUB_TRY(query.before, cursor_of(request, "before"));
  HUB_TRY(query.tail, request.query.number("tail", 1, kLinesMax));
  HUB_TRY(const auto line, request.query.number("line", 1, kLineMax));
  if (line && query.after) return invalid("query.range", "line and after are two places to begin at", "line");
  if (line) query.after = *line - 1;
  if (query.tail && (query.after || query.before))
    return invalid("query.range", "tail goes with none of after, before and line", "tail");
  HUB_TRY(const auto limit, request.query.number("limit", 1, kLinesMax));
  if (limit) query.limit = *limit;
  HUB_TRY(query.from, time_of(request, "from"));
  HUB_TRY(query.to, time_of(request, "to"));
  HUB_TRY(query.contains, request.query.text("contains"));
  if (const auto stream = request.query.get("stream")) {
    if (*stream != "stdout" && *stream != "stderr") return invalid("query.range", "must be stdout or stderr", "stream");
    query.is_stderr = *stream == "stderr";
  }
  return query;
}

/// The provider that has the deployment, by name.
Result<providers::Provider*> provider_of(Services& services, const deployments::Item& item) {
  auto* provider = services.providers.find(item.provider);
  if (provider == nullptr) return unavailable("provider.unreachable", "its provider is not here");
  return provider;
}

std::string page_json(const providers::LogPage& page) {
  std::string json = "{\"items\":" + log_lines_json(page.lines);
  json += ",\"next_cursor\":" + json_string(log_cursor(page.next_after));
  if (page.lost_from > 0)
    json += ",\"lost\":{\"from\":" + std::to_string(page.lost_from) + ",\"to\":" + std::to_string(page.lost_to) + "}";
  return json + "}";
}

/// A deployment that its provider does not have yet has no lines; that is no failure.
Result<providers::LogPage> lines_of(providers::Provider& provider, const std::string& id,
                                    const providers::LogQuery& query) {
  auto page = provider.logs(id, query);
  if (!page && page.error().kind == FailureKind::not_found) return providers::LogPage{};
  return page;
}

asio::awaitable<Response> get_logs(Services& services, Request& request) {
  const auto query = log_query_of(request);
  if (!query) co_return http::refuse(request, query.error());
  const auto item = deployment_of(services, request, accounts::Role::viewer);
  if (!item) co_return http::refuse(request, item.error());
  const auto provider = provider_of(services, item.value());
  if (!provider) co_return http::refuse(request, provider.error());
  const std::string id(request.param("id"));
  auto page = co_await on_blocking(services, [&] { return lines_of(*provider.value(), id, query.value()); });
  if (!page) co_return http::refuse(request, page.error());
  auto response = http::answer(page_json(page.value()));
  response.compressible = true;
  co_return response;
}

asio::awaitable<Response> get_metrics(Services& services, Request& request) {
  if (const auto known = request.query.only({"from", "to", "step"}); !known)
    co_return http::refuse(request, known.error());
  const auto item = deployment_of(services, request, accounts::Role::viewer);
  if (!item) co_return http::refuse(request, item.error());
  const auto provider = provider_of(services, item.value());
  if (!provider) co_return http::refuse(request, provider.error());
  const auto from = time_of(request, "from"), to = time_of(request, "to");
  if (!from || !to) co_return http::refuse(request, from ? to.error() : from.error());
  Duration step;
  if (const auto text = request.query.get("step")) {
    const auto parsed = parse_duration(*text);
    if (!parsed) co_return http::refuse(request, invalid("query.range", parsed.error().detail, "step"));
    step = parsed.value();
  }
  // Behind now: samples of this very moment are in.
  const auto end = to.value().is_set() ? to.value() : services.clock() + seconds(1);
  const auto begin = from.value().is_set() ? from.value() : end - kMetricsDefault;
  const std::string id(request.param("id"));
  std::string gpu_note;
  auto samples = co_await on_blocking(services, [&] {
    gpu_note = provider.value()->capabilities().gpu_note;
    return provider.value()->metrics(id, begin, end, step);
  });
  if (!samples && samples.error().kind != FailureKind::not_found) co_return http::refuse(request, samples.error());
  auto json = "{\"series\":" + series_json(samples ? samples.value() : std::vector<providers::MetricSample>{});
  if (!gpu_note.empty()) json += ",\"gpu\":" + json_string(gpu_note);
  co_return http::answer(json + "}");
}

}  // namespace

void add_telemetry(http::Router& router, Services& services) {
  router.add({http::Verb::get, "/api/v1/deployments/{id}/logs",
              [&services](Request& request) { return get_logs(services, request); }});
  router.add({http::Verb::get, "/api/v1/deployments/{id}/metrics",
              [&services](Request& request) { return get_metrics(services, request); }});
}

}  // namespace hub::routes
