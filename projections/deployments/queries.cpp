#include "projections/deployments/queries.hpp"

#include <limits>

#include "events/core/varint.hpp"
#include "events/deployments/events.hpp"
#include "projections/core/bytes.hpp"
#include "projections/core/rows.hpp"
#include "projections/core/scan.hpp"
#include "projections/deployments/page.hpp"

namespace hub::deployments {
namespace {

using projections::scan;

// A row moves when its deployment is deleted: then its new place is read.
constexpr int kGetTriesMax = 3;
// Ids with the given beginning that are looked at; beyond it is certainly ambiguous.
constexpr int kPrefixIdsMax = 1'000;

Failure no_such() {
  return not_found("deployment.not_found", "there is no such deployment");
}
Failure ambiguous() {
  return conflict("deployment.ambiguous", "more than one deployment is meant by this");
}

bool one_of(const std::vector<std::string>& projects, std::string_view project) {
  return std::find(projects.begin(), projects.end(), project) != projects.end();
}

std::optional<std::string> find_row(const projections::StoreView& view, std::string_view id) {
  const auto key = view.get(id_key(id));
  return key ? view.get(*key) : std::nullopt;
}

/// Project of a row's key.
std::string_view project_of(std::string_view row_key) {
  std::string_view project;
  row_key.remove_prefix(1);
  HUB_ASSERT(take_sized(row_key, project));
  return project;
}

std::vector<std::string> ids_by_name(const projections::StoreView& view, std::string_view name,
                                     const std::vector<std::string>& projects) {
  std::vector<std::string> found;
  for (const auto& project : projects)
    scan(view, name_prefix(project, name), [&](std::string_view id, std::string_view) {
      found.emplace_back(id);
      return found.size() < 2;
    });
  return found;
}

std::vector<std::string> ids_by_prefix(const projections::StoreView& view, std::string_view beginning,
                                       const std::vector<std::string>& projects) {
  std::vector<std::string> found;
  int seen = 0;
  scan(view, id_key(beginning), [&](std::string_view rest, std::string_view row_key) {
    if (row_key.front() == kRowTable && one_of(projects, project_of(row_key)))
      found.push_back(std::string(beginning) + std::string(rest));
    return found.size() < 2 && ++seen < kPrefixIdsMax;
  });
  // Too many of others to be sure that there is only one.
  if (seen >= kPrefixIdsMax && found.size() == 1) found.push_back({});
  return found;
}

std::map<std::string, std::int64_t> sums(const projections::StoreView& view, Sum what, std::string_view project) {
  std::map<std::string, std::int64_t> found;
  scan(view, sum_prefix(what, project), [&](std::string_view rest, std::string_view value) {
    std::string_view name;
    HUB_ASSERT(take_sized(rest, name));
    found.emplace(name, projections::decode_sum(value));
    return true;
  });
  return found;
}

std::map<std::string, std::uint64_t> counts(const projections::StoreView& view, Sum what, std::string_view project) {
  std::map<std::string, std::uint64_t> found;
  for (const auto& sum : sums(view, what, project)) found.emplace(sum.first, static_cast<std::uint64_t>(sum.second));
  return found;
}

}  // namespace

Result<Item> Deployments::get(std::string_view id, Instant now) const {
  const auto store = feed_.store();
  for (int i = 0; i < kGetTriesMax; ++i) {
    const auto key = store->stored(id_key(id));
    if (!key) return get_unfolded(id, now);
    const auto bytes = store->stored(*key);
    if (!bytes) continue;
    HUB_TRY(const auto row, decode_row(*bytes));
    return Item{answer_of(row, now, away_),
                std::string(row.project),
                std::string(row.provider),
                row.status,
                row.version,
                row.position};
  }
  // A deployment is deleted once only.
  return internal_failure("projection.corrupt", "a link leads to no row");
}

Result<Item> Deployments::get_unfolded(std::string_view id, Instant now) const {
  // Its creation may have been answered already: whoever heard of it must find it.
  HUB_TRY(const auto first, log_.history(id, 1, 1));
  if (first.empty()) return no_such();
  Moment latest{{log_.incarnation(), {}}, now};
  latest.cursor.seqs.assign(log_.partitions(), std::numeric_limits<std::uint64_t>::max());
  const auto found = get_at(id, latest);
  // Whatever cannot be folded is no fault of who asks.
  if (!found) return internal_failure(found.error().code, found.error().detail);
  const auto& view = found.value();
  return Item{to_answer(view), view.project, view.provider, view.status, view.version, view.position};
}

Result<std::string> Deployments::resolve(std::string_view text, const std::vector<std::string>& projects) const {
  const auto store = feed_.store();
  const auto view = store->view();
  if (is_id(text)) {
    const auto key = view.get(id_key(text));
    if (key && one_of(projects, project_of(*key))) return std::string(text);
  }
  auto found = ids_by_name(view, text, projects);
  if (found.empty() && !text.empty()) {
    const bool whole = text.substr(0, kDeploymentPrefix.size()) == kDeploymentPrefix;
    found =
        ids_by_prefix(view, whole ? std::string(text) : std::string(kDeploymentPrefix) + std::string(text), projects);
  }
  if (found.empty()) return no_such();
  if (found.size() > 1) return ambiguous();
  return std::move(found.front());
}

Result<ListAnswer> Deployments::list(const ListQuery& query, Instant now) const {
  HUB_TRY(const auto after, check(query));
  const auto store = feed_.store();
  const auto view = store->view();
  // Many of a page may wait for the same machine.
  std::map<std::string, std::optional<Instant>, std::less<>> asked;
  const HostAway away = [&](std::string_view host) {
    auto found = asked.find(host);
    if (found == asked.end()) found = asked.emplace(host, away_(host)).first;
    return found->second;
  };
  return list_page(view, query, after, now, away_ ? away : HostAway());
}

Result<View> Deployments::get_at(std::string_view id, const Moment& moment) const {
  const auto store = feed_.store();
  const auto rows = store->view();
  HUB_TRY(auto view, view_at(rows, log_, id, moment, find_row(rows, id)));
  if (!view) return no_such();
  if (moment.at.is_set()) view->cost_usd_micro = cost_now(*view, moment.at);
  return std::move(*view);
}

Result<ListAnswer> Deployments::list_at(const ListQuery& query, const Moment& moment) const {
  HUB_TRY(const auto after, check(query));
  const auto store = feed_.store();
  const auto view = store->view();
  return list_page_at(view, log_, query, after, moment);
}

projections::Pages Deployments::pages(ListQuery query, Instant now, std::uint32_t page_size) const {
  query.counts = false;
  return projections::pages_of(
      feed_.store(), std::move(query), page_size,
      [this, now](const projections::StoreView& view, const ListQuery& next) -> Result<ListAnswer> {
        HUB_TRY(const auto after, check(next));
        return list_page(view, next, after, now, away_);
      });
}

projections::Pages Deployments::pages_at(ListQuery query, const Moment& moment, std::uint32_t page_size) const {
  return projections::pages_of(
      feed_.store(), std::move(query), page_size,
      [this, moment](const projections::StoreView& view, const ListQuery& next) -> Result<ListAnswer> {
        HUB_TRY(const auto after, check(next));
        return list_page_at(view, log_, next, after, moment);
      });
}

Overview Deployments::overview(const std::vector<std::string>& projects) const {
  const auto store = feed_.store();
  const auto view = store->view();
  Overview overview{{}, view.cursor()};
  for (const auto& name : projects) {
    auto& project = overview.projects[name];
    project.by_status = counts(view, Sum::status, name);
    project.by_owner = counts(view, Sum::owner, name);
    project.by_provider = counts(view, Sum::provider, name);
    project.price_usd_micro_per_hour_by_provider = sums(view, Sum::price, name);
    for (const auto& count : counts(view, Sum::live, name)) project.total += count.second;
  }
  return overview;
}

}  // namespace hub::deployments
