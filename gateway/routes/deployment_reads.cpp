#include "events/log/cloud_event.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/routes/export.hpp"
#include "gateway/routes/list_query.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

constexpr std::uint64_t kHistoryLimitDefault = 100;
constexpr std::uint64_t kHistoryLimitMax = 1'000;
/// No entity has had so many events, and the version behind it can still be told.
constexpr Version kVersionMax = Version{1} << 62;

constexpr Column kColumns[] = {{"id", "/id"},
                               {"name", "/name"},
                               {"status", "/status"},
                               {"reason_code", "/reason/code"},
                               {"reason", "/reason/text"},
                               {"provider", "/provider"},
                               {"host", "/host"},
                               {"project", "/project"},
                               {"owner", "/owner"},
                               {"command", "/command"},
                               {"image", "/image"},
                               {"gpu_model", "/gpu/model"},
                               {"gpu_count", "/gpu/count"},
                               {"labels", "/labels"},
                               {"price_usd_micro_per_hour", "/price_usd_micro_per_hour"},
                               {"cost_usd_micro", "/cost_usd_micro"},
                               {"restarts", "/restarts"},
                               {"exit_code", "/exit_code"},
                               {"created_at", "/created_at"},
                               {"started_at", "/started_at"},
                               {"stopped_at", "/stopped_at"},
                               {"deleted_at", "/deleted_at"},
                               {"updated_at", "/updated_at"},
                               {"version", "/version"},
                               {"position", "/position"}};

/// `at=` of one entity: a time or a position.
Result<deployments::Moment> moment_of(Services& services, std::string_view text) {
  if (const auto position = parse_position(text)) return deployments::moment_at(services.log, position.value());
  const auto time = parse_rfc3339(text);
  if (!time) return invalid("query.range", "must be a time or partition:seq", "at");
  return deployments::moment_at(services.log, time.value());
}

/// `at=` of a list: a time or a cursor.
Result<deployments::Moment> list_moment_of(Services& services, std::string_view text) {
  if (const auto cursor = parse_cursor(text)) return deployments::moment_at(services.log, cursor.value());
  const auto time = parse_rfc3339(text);
  if (!time) return invalid("query.range", "must be a time or a cursor", "at");
  return deployments::moment_at(services.log, time.value());
}

Result<Response> answer_at(Services& services, const std::string& id, std::string_view at) {
  HUB_TRY(const auto moment, moment_of(services, at));
  HUB_TRY(const auto view, services.deployments.get_at(id, moment));
  return http::answer(deployments::to_answer(view));
}

asio::awaitable<Response> get_deployment(Services& services, Request& request) {
  if (const auto known = request.query.only({"at", "min_pos"}); !known) co_return http::refuse(request, known.error());
  if (const auto waited = co_await reach_min_pos(services.deployments.progress(), request); !waited)
    co_return http::refuse(request, waited.error());
  auto item = deployment_of(services, request, accounts::Role::viewer);
  if (!item) co_return http::refuse(request, item.error());
  const auto at = request.query.get("at");
  if (!at) co_return http::answer(std::move(item.value().json));
  const std::string id(request.param("id"));
  auto response = co_await on_blocking(services, [&] { return answer_at(services, id, *at); });
  if (!response) co_return http::refuse(request, response.error());
  co_return std::move(response).value();
}

Result<deployments::ListQuery> list_query_of(const Request& request) {
  HUB_TRY(request.query.only({"page", "page_size", "cursor", "project", "at", "min_pos", "status", "owner", "provider",
                              "label", "text", "name", "id_prefix"}));
  deployments::ListQuery query;
  HUB_TRY(query.projects, projects_of(request));
  const auto& given = request.query;
  HUB_TRY(read_page(request, query));
  if (const auto status = given.get("status")) {
    query.status = deployments::status_of(*status);
    if (!query.status) return invalid("query.range", "must be a status", "status");
  }
  HUB_TRY(auto owner, given.text("owner"));
  if (!owner.empty()) query.owner = std::move(owner);
  HUB_TRY(auto provider, given.text("provider"));
  if (!provider.empty()) query.provider = std::move(provider);
  HUB_TRY(query.text, given.text("text"));
  HUB_TRY(query.labels, label_in(request));
  HUB_TRY(query.name, given.text("name"));
  HUB_TRY(query.id_prefix, given.text("id_prefix"));
  return query;
}

Response answer_list(const Request& request, const Result<deployments::ListAnswer>& answer) {
  if (!answer) return http::refuse(request, answer.error());
  return http::answer(answer.value().to_json());
}

asio::awaitable<Response> export_deployments(Services& services, const Request& request, ExportFormat format,
                                             const deployments::ListQuery& query) {
  const auto at = request.query.get("at");
  auto pages = co_await on_blocking(services, [&]() -> Result<projections::Pages> {
    if (!at) return services.deployments.pages(query, services.clock(), kExportPageSize);
    HUB_TRY(const auto moment, list_moment_of(services, *at));
    return services.deployments.pages_at(query, moment, kExportPageSize);
  });
  if (!pages) co_return http::refuse(request, pages.error());
  const ExportOf what{"deployments", kColumns};
  co_return co_await export_list(services, request, format, what, std::move(pages).value());
}

asio::awaitable<Response> list_deployments(Services& services, Request& request) {
  const auto query = list_query_of(request);
  if (!query) co_return http::refuse(request, query.error());
  if (const auto waited = co_await reach_min_pos(services.deployments.progress(), request); !waited)
    co_return http::refuse(request, waited.error());
  if (const auto format = export_format_of(request); format != ExportFormat::none)
    co_return co_await export_deployments(services, request, format, query.value());
  const auto at = request.query.get("at");
  if (!at) co_return answer_list(request, services.deployments.list(query.value(), services.clock()));
  const auto answer = co_await on_blocking(services, [&]() -> Result<deployments::ListAnswer> {
    HUB_TRY(const auto moment, list_moment_of(services, *at));
    return services.deployments.list_at(query.value(), moment);
  });
  co_return answer_list(request, answer);
}

/// GET …/{id}/events: every event with actor, reason and time, as CloudEvents. The cursor is the version behind which
/// to go on.
asio::awaitable<Response> get_history(Services& services, Request& request) {
  if (const auto known = request.query.only({"after", "limit"}); !known) co_return http::refuse(request, known.error());
  const auto item = deployment_of(services, request, accounts::Role::viewer);
  if (!item) co_return http::refuse(request, item.error());
  const auto limit = request.query.number("limit", 1, kHistoryLimitMax);
  if (!limit) co_return http::refuse(request, limit.error());
  Version after = 0;
  if (const auto text = request.query.get("after")) {
    const auto cursor = parse_cursor(*text);
    if (!cursor || cursor.value().seqs.size() != 1 || cursor.value().seqs.front() > kVersionMax)
      co_return http::refuse(request, malformed("cursor.invalid", "not a cursor that this system gave out", "after"));
    after = cursor.value().seqs.front();
  }
  const std::string id(request.param("id"));
  const auto events = co_await on_blocking(
      services, [&] { return services.log.history(id, after + 1, limit.value().value_or(kHistoryLimitDefault)); });
  if (!events) co_return http::refuse(request, events.error());
  std::string json = "{\"items\":[";
  for (const auto& event : events.value()) {
    if (json.back() != '[') json += ',';
    json += log::to_cloud_event(event.record, event.position.partition);
    after = event.record.version;
  }
  json += "],\"next_cursor\":" + json_string(to_text(Cursor{services.log.incarnation(), {after}})) + "}";
  co_return http::answer(std::move(json));
}

}  // namespace

void add_deployment_reads(http::Router& router, Services& services) {
  using http::Verb;
  const auto add = [&](std::string pattern, asio::awaitable<Response> (*handler)(Services&, Request&)) {
    router.add(
        {Verb::get, std::move(pattern), [&services, handler](Request& request) { return handler(services, request); }});
  };
  add("/api/v1/deployments", list_deployments);
  add("/api/v1/deployments/{id}", get_deployment);
  add("/api/v1/deployments/{id}/events", get_history);
}

}  // namespace hub::routes
