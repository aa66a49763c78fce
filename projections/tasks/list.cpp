#include "projections/tasks/list.hpp"

#include <algorithm>
#include <unordered_map>

#include "projections/core/filling.hpp"
#include "projections/core/matching.hpp"
#include "projections/core/rows.hpp"
#include "projections/core/source.hpp"
#include "projections/models/queries.hpp"
#include "projections/stats/figures.hpp"
#include "projections/tasks/keys.hpp"

namespace hub::task_rows {
namespace {

using projections::contains_text;
using projections::Filling;
using projections::ListAnswer;
using projections::Place;
using projections::Source;
using tasks::Status;

using Clock = std::chrono::steady_clock;

/// The clock is looked at once for so many rows.
constexpr std::size_t kRowsPerLook = 64;
constexpr Status kAllStatuses[] = {Status::pending, Status::running, Status::completed, Status::failed,
                                   Status::cancelled};

/// A model as one query meets it.
struct Met {
  model_rows::View view;
  bool has_text = false;  ///< its name has what is looked for
};

/// What one query finds in one snapshot.
class Listing {
 public:
  Listing(const projections::StoreView& view, const ListQuery& query)
      : view_(view),
        query_(query),
        looks_(query.type || query.priority || !query.labels.empty() || !query.text.empty()),
        lower_text_(projections::lower(query.text)) {}

  Result<ListAnswer> page(const std::optional<Place>& after);
  Result<Matches> matches(const std::optional<Place>& after);

 private:
  const Met& met(std::string_view id);
  Source source();
  void add_model(Source& source);
  std::optional<std::uint64_t> known_total();
  bool fits(const Header& header, std::string_view place);
  bool has_text(const Header& header, std::string_view place);
  std::optional<Place> start_of(const std::optional<Place>& after) const;
  /// Calls visit(source) for each match until it is false. Answers the place where it gave up.
  template <class Visit>
  Result<std::optional<std::string>> walk(const std::optional<Place>& after, bool& ended, Visit visit);
  Result<void> fill(const std::optional<Place>& after, Filling& filling);
  Result<void> append(std::string& out, Source& source, const Place& place);

  const projections::StoreView& view_;
  const ListQuery& query_;
  /// Whether the ranges that are walked hold others too than those asked for.
  const bool looks_;
  std::map<std::string, Met, std::less<>> models_;
  const std::pair<const std::string, Met>* last_ = nullptr;  ///< of the row before
  const std::string lower_text_;                             ///< ids have small letters only
  std::string id_;                                           ///< of the row that is looked at
  std::vector<std::string> projects_;                        ///< of the source's ranges
};

const Met& Listing::met(std::string_view id) {
  const auto found = models_.find(id);
  if (found != models_.end()) return found->second;
  auto& met = models_[std::string(id)];
  if (auto row = model_rows::find(view_, id)) met.view = std::move(*row);
  met.has_text = contains_text(met.view.name, query_.text);
  return met;
}

void Listing::add_model(Source& source) {
  const auto& model = met(*query_.model).view;
  if (std::find(query_.projects.begin(), query_.projects.end(), model.project) == query_.projects.end()) return;
  for (const auto status : kAllStatuses) {
    // What is not there need not be looked for.
    if ((query_.status && status != *query_.status) || model.tasks[static_cast<std::size_t>(status)] == 0) continue;
    source.add_index(model_prefix(model.project, model.id, status), row_prefix(model.project));
    projects_.push_back(model.project);
  }
}

Source Listing::source() {
  Source source(view_, projections::Order::newest_first, looks_);
  projects_.clear();
  if (query_.model) {
    add_model(source);
    return source;
  }
  for (const auto& project : query_.projects) {
    if (query_.status)
      source.add_index(status_prefix(project, *query_.status), row_prefix(project));
    else
      source.add_rows(row_prefix(project));
    projects_.push_back(project);
  }
  return source;
}

/// Where sums are kept: for no filter, status, model, and both.
std::optional<std::uint64_t> Listing::known_total() {
  if (looks_ || query_.from.is_set() || query_.to.is_set()) return std::nullopt;
  std::int64_t total = 0;
  for (const auto status : kAllStatuses) {
    if (query_.status && status != *query_.status) continue;
    if (query_.model) {
      const auto& model = met(*query_.model).view;
      const auto& projects = query_.projects;
      if (std::find(projects.begin(), projects.end(), model.project) != projects.end())
        total += model.tasks[static_cast<std::size_t>(status)];
      continue;
    }
    for (const auto& project : query_.projects)
      if (const auto bytes = view_.get(stats::sum_key(project, status))) total += projections::decode_sum(*bytes);
  }
  return static_cast<std::uint64_t>(total);
}

bool Listing::has_text(const Header& header, std::string_view place) {
  if (last_ == nullptr || last_->first != header.model) {
    met(header.model);
    last_ = &*models_.find(header.model);
  }
  return last_->second.has_text ||
         projections::any_label(
             header.labels,
             [&](std::string_view, std::string_view value) { return contains_text(value, query_.text); }) ||
         projections::id_in_place(place, id_).find(lower_text_) != std::string_view::npos;
}

bool Listing::fits(const Header& header, std::string_view place) {
  if (query_.type && header.type != *query_.type) return false;
  if (query_.priority && header.priority != *query_.priority) return false;
  for (const auto& wanted : query_.labels)
    if (!projections::any_label(header.labels, [&](std::string_view key, std::string_view value) {
          return key == wanted.first && value == wanted.second;
        }))
      return false;
  return query_.text.empty() || has_text(header, place);
}

std::optional<Place> Listing::start_of(const std::optional<Place>& after) const {
  if (!query_.to.is_set()) return after;
  const Instant last{query_.to.micros - 1};
  if (after && after->created_at <= last) return after;
  return Place{last, {}};
}

template <class Visit>
Result<std::optional<std::string>> Listing::walk(const std::optional<Place>& after, bool& ended, Visit visit) {
  const auto begun = Clock::now();
  std::size_t looked_at = 0;
  // Places go back in time: behind this all are too old.
  std::string earliest;
  projections::append_place(earliest, Instant{query_.from.micros - 1}, {});
  auto from = source();
  for (from.start(start_of(after)); from.valid(); from.next()) {
    if (from.place() > earliest) break;
    bool is_match = true;
    if (looks_) {
      HUB_TRY(const auto header, decode_header(from.row()));
      is_match = fits(header, from.place());
    }
    if (is_match) {
      Place place;
      if (!take_place(from.place(), place)) return internal_failure("projection.corrupt", "a key without a place");
      HUB_TRY(const bool goes_on, visit(from, place));
      if (!goes_on) return std::optional<std::string>();
    }
    if (!looks_) continue;
    const bool too_long =
        ++looked_at % kRowsPerLook == 0 && looked_at >= kScanRowsMin && Clock::now() - begun >= query_.scan_time_max;
    if (looked_at >= query_.scan_rows_max || too_long) return std::optional<std::string>(from.place());
  }
  ended = true;
  return std::optional<std::string>();
}

Result<void> Listing::append(std::string& out, Source& source, const Place& place) {
  HUB_TRY(const auto task, decode_row(source.row(), place.id, projects_[source.range()], place.created_at));
  const auto& model = met(task.model).view;
  append_answer(out, task, model.name, {pending_reason(task, model), std::nullopt, {}});
  return success();
}

Result<void> Listing::fill(const std::optional<Place>& after, Filling& filling) {
  bool ended = false;
  HUB_TRY(const auto gave_up, walk(after, ended, [&](Source& source, const Place& place) -> Result<bool> {
            Result<void> appended = success();
            const bool goes_on =
                filling.take(source.place(), [&](std::string& out) { appended = append(out, source, place); });
            if (!appended) return std::move(appended).error();
            return goes_on;
          }));
  if (gave_up) filling.give_up(*gave_up);
  if (ended) filling.end();
  filling.finish();
  return success();
}

Result<ListAnswer> Listing::page(const std::optional<Place>& after) {
  ListAnswer answer;
  if (!query_.cursor) answer.page = query_.page;
  answer.page_size = query_.page_size;
  answer.position = view_.cursor();
  answer.total = known_total();
  Filling filling(answer, answer.page, query_.page_size, !answer.total && !after);
  HUB_TRY(fill(after, filling));
  if (answer.total || !after) return answer;
  // Asked by cursor: the matches before it count too.
  ListAnswer all;
  Filling counting(all, {}, query_.page_size, true);
  HUB_TRY(fill(std::nullopt, counting));
  answer.total = all.total;
  answer.total_at_least = all.total_at_least;
  return answer;
}

Result<Matches> Listing::matches(const std::optional<Place>& after) {
  Matches found;
  bool ended = false;
  std::string last;
  HUB_TRY(const auto gave_up, walk(after, ended, [&](Source& source, const Place& place) -> Result<bool> {
            if (found.items.size() == query_.page_size) return false;
            HUB_TRY(const auto header, decode_header(source.row()));
            found.items.push_back({place.id, std::string(header.model), projects_[source.range()], header.status});
            last = source.place();
            return true;
          }));
  if (ended) return found;
  Place behind;
  if (take_place(gave_up.value_or(last), behind)) found.next_cursor = to_text(behind);
  return found;
}

}  // namespace

Result<ListAnswer> list_page(const projections::StoreView& view, const ListQuery& query) {
  HUB_TRY(const auto after, projections::check_page(query.page, query.page_size, query.cursor));
  return Listing(view, query).page(after);
}

Result<Matches> list_matches(const projections::StoreView& view, const ListQuery& query) {
  HUB_TRY(const auto after, projections::check_page(1, query.page_size, query.cursor));
  return Listing(view, query).matches(after);
}

}  // namespace hub::task_rows
