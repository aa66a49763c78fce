// Figures of tasks, from sums that are kept.
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/list_query.hpp"
#include "gateway/routes/model_access.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

Result<std::string> dashboard(Services& services, const Request& request) {
  HUB_TRY(request.query.only({"project"}));
  HUB_TRY(const auto projects, projects_of(request));
  return services.stats.dashboard(projects, services.clock());
}

Result<std::string> by_date(Services& services, const Request& request) {
  HUB_TRY(request.query.only({"project", "days"}));
  HUB_TRY(const auto projects, projects_of(request));
  HUB_TRY(const auto days, request.query.number("days", 1, stats::kDaysMax));
  return services.stats.by_date(projects, static_cast<std::int64_t>(days.value_or(stats::kDaysDefault)),
                                services.clock());
}

Result<std::string> by_hour(Services& services, const Request& request) {
  HUB_TRY(request.query.only({"project", "hours", "model"}));
  HUB_TRY(const auto projects, projects_of(request));
  HUB_TRY(const auto hours, request.query.number("hours", 1, stats::kHoursMax));
  std::optional<std::string> model;
  if (const auto named = request.query.get("model")) {
    HUB_TRY(auto found, model_of(services, request, *named, accounts::Role::viewer));
    model = std::move(found.id);
  }
  return services.stats.by_hour(projects, model, static_cast<std::int64_t>(hours.value_or(stats::kHoursDefault)),
                                services.clock());
}

Result<std::string> by_model(Services& services, const Request& request) {
  HUB_TRY(request.query.only({"project"}));
  HUB_TRY(const auto projects, projects_of(request));
  return services.stats.by_model(projects, services.clock());
}

}  // namespace

void add_stats(http::Router& router, Services& services) {
  const auto add = [&](std::string pattern, Result<std::string> (*figures)(Services&, const Request&)) {
    router.add(
        {http::Verb::get, std::move(pattern), [&services, figures](Request& request) -> asio::awaitable<Response> {
           auto json = co_await on_blocking(services, [&] { return figures(services, request); });
           if (!json) co_return http::refuse(request, json.error());
           co_return http::answer(std::move(json).value());
         }});
  };
  add("/api/v1/stats/dashboard", dashboard);
  add("/api/v1/stats/tasks/date", by_date);
  add("/api/v1/stats/tasks/hour", by_hour);
  add("/api/v1/stats/models", by_model);
}

}  // namespace hub::routes
