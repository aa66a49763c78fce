#include "projections/models/queries.hpp"

#include <algorithm>

#include "projections/core/filling.hpp"
#include "projections/core/matching.hpp"
#include "projections/core/rows.hpp"
#include "projections/core/scan.hpp"
#include "projections/core/source.hpp"
#include "projections/models/keys.hpp"

namespace hub::model_rows {
namespace {

using projections::contains_text;

// Events of one that is not yet folded; those of its tasks are among them.
constexpr std::size_t kUnfoldedEventsMax = 512;

Failure no_such() {
  return not_found("model.not_found", "there is no such model");
}

bool one_of(const std::vector<std::string>& projects, std::string_view project) {
  return std::find(projects.begin(), projects.end(), project) != projects.end();
}

bool has_labels(const models::Spec& spec, const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = spec.labels.find(label.first);
    return found != spec.labels.end() && found->second == label.second;
  });
}

bool has_text(const View& view, const models::Spec& spec, std::string_view text) {
  return contains_text(view.name, text) || contains_text(view.id, text) ||
         std::any_of(spec.labels.begin(), spec.labels.end(),
                     [&](const auto& label) { return contains_text(label.second, text); });
}

bool matches(const ListQuery& query, const View& view) {
  if (query.status && view.status != *query.status) return false;
  if (!query.type && query.labels.empty() && query.text.empty()) return true;
  const auto spec = spec_of(view);
  if (!spec) return false;
  if (query.type && spec.value().type != *query.type) return false;
  return has_labels(spec.value(), query.labels) && (query.text.empty() || has_text(view, spec.value(), query.text));
}

/// Calls visit(place, model) for each that is not deleted, the newest first, until it is false. Whether it saw all.
template <class Visit>
bool each(const projections::StoreView& view, const std::vector<std::string>& projects,
          const std::optional<projections::Place>& after, Visit visit) {
  projections::Source source(view, projections::Order::newest_first, false);
  for (const auto& project : projects) source.add_rows(list_prefix(project));
  std::size_t seen = 0;
  for (source.start(after); source.valid(); source.next()) {
    if (++seen > kListedMax) return false;
    projections::Place place;
    HUB_ASSERT(take_place(source.place(), place));
    const auto found = find(view, place.id);
    // The list and the row are written by the same fold.
    HUB_ASSERT(found);
    if (!visit(source.place(), *found)) return false;
  }
  return true;
}

std::uint64_t sum_of(const projections::StoreView& view, const std::vector<std::string>& projects) {
  std::uint64_t total = 0;
  for (const auto& project : projects)
    if (const auto bytes = view.get(sum_key(project)))
      total += static_cast<std::uint64_t>(projections::decode_sum(*bytes));
  return total;
}

}  // namespace

std::optional<View> find(const projections::StoreView& view, std::string_view id) {
  const auto bytes = view.get(row_key(id));
  if (!bytes) return std::nullopt;
  auto row = decode_row(*bytes);
  if (!row || !row.value().known) return std::nullopt;
  return std::move(row).value();
}

std::vector<View> all(const projections::StoreView& view, const std::vector<std::string>& projects) {
  std::vector<View> found;
  each(view, projects, std::nullopt, [&](std::string_view, const View& model) {
    found.push_back(model);
    return true;
  });
  return found;
}

Result<View> Models::view(std::string_view id) const {
  const auto store = feed_.store();
  if (auto found = find(store->view(), id)) return std::move(*found);
  // Its creation may have been answered already: whoever heard of it must find it.
  HUB_TRY(const auto events, log_.history(id, 1, kUnfoldedEventsMax));
  View view;
  view.id = id;
  for (const auto& event : events)
    if (event.record.entity == id) {
      HUB_TRY(apply(view, {event.position, event.index_time, event.record}));
    }
  if (!view.known) return no_such();
  return view;
}

Result<Item> Models::get(std::string_view id) const {
  HUB_TRY(auto found, view(id));
  return Item{to_answer(found), std::move(found)};
}

Result<std::string> Models::resolve(std::string_view text, const std::vector<std::string>& projects) const {
  if (is_id(text)) {
    const auto found = view(text);
    if (found && one_of(projects, found.value().project)) return std::string(text);
  }
  const auto store = feed_.store();
  const auto rows = store->view();
  std::vector<std::string> ids;
  for (const auto& project : projects)
    projections::scan(rows, name_prefix(project, text), [&](std::string_view id, std::string_view) {
      ids.emplace_back(id);
      return ids.size() < 2;
    });
  if (ids.empty()) return no_such();
  if (ids.size() > 1) return conflict("model.ambiguous", "more than one project has a model of this name");
  return std::move(ids.front());
}

Result<projections::ListAnswer> Models::list(const ListQuery& query) const {
  const auto store = feed_.store();
  return list_page(store->view(), query);
}

projections::Pages Models::pages(ListQuery query, std::uint32_t page_size) const {
  return projections::pages_of(
      feed_.store(), std::move(query), page_size,
      [](const projections::StoreView& view, const ListQuery& next) { return list_page(view, next); });
}

Result<projections::ListAnswer> list_page(const projections::StoreView& rows, const ListQuery& query) {
  HUB_TRY(const auto after, projections::check_page(query.page, query.page_size, query.cursor));
  projections::ListAnswer answer;
  if (!query.cursor) answer.page = query.page;
  answer.page_size = query.page_size;
  answer.position = rows.cursor();
  const bool filtered = query.status || query.type || !query.labels.empty() || !query.text.empty();
  if (!filtered) answer.total = sum_of(rows, query.projects);
  projections::Filling filling(answer, answer.page, query.page_size, filtered && !after);
  const bool saw_all = each(rows, query.projects, after, [&](std::string_view place, const View& model) {
    return !matches(query, model) || filling.take(place, [&](std::string& out) { out += to_answer(model); });
  });
  if (saw_all) filling.end();
  filling.finish();
  if (answer.total || !after) return answer;
  // Asked by cursor: the matches before it count too.
  std::uint64_t total = 0;
  each(rows, query.projects, std::nullopt, [&](std::string_view, const View& model) {
    total += matches(query, model) ? 1 : 0;
    return true;
  });
  answer.total = total;
  return answer;
}

std::vector<View> Models::all(const std::vector<std::string>& projects) const {
  const auto store = feed_.store();
  return model_rows::all(store->view(), projects);
}

}  // namespace hub::model_rows
