#include "projections/deployments/page.hpp"

#include "events/deployments/events.hpp"
#include "projections/core/filling.hpp"
#include "projections/core/rows.hpp"
#include "projections/deployments/queries.hpp"

namespace hub::deployments {
namespace {

using projections::Filling;
using projections::Source;

ListAnswer begin(const projections::StoreView& view, const ListQuery& query) {
  ListAnswer answer;
  if (!query.cursor) answer.page = query.page;
  answer.page_size = query.page_size;
  answer.position = view.cursor();
  return answer;
}

std::uint64_t sum(const projections::StoreView& view, Sum what, const std::string& project, const std::string& value) {
  const auto bytes = view.get(sum_key(what, project, value));
  return bytes ? static_cast<std::uint64_t>(projections::decode_sum(*bytes)) : 0;
}

/// One that no sum and no index knows.
bool has_free_filter(const ListQuery& query) {
  return !query.labels.empty() || !query.text.empty() || !query.name.empty() || !query.id_prefix.empty();
}

/// Where sums are kept: for no filter and for one of status, owner and provider.
std::optional<std::uint64_t> known_total(const projections::StoreView& view, const ListQuery& query) {
  const int filters = int{query.status.has_value()} + int{query.owner.has_value()} + int{query.provider.has_value()};
  if (filters > 1 || has_free_filter(query)) return std::nullopt;
  std::uint64_t total = 0;
  for (const auto& project : query.projects) {
    if (query.status)
      total += sum(view, Sum::status, project, status_name(*query.status));
    else if (query.owner)
      total += sum(view, Sum::owner, project, *query.owner);
    else if (query.provider)
      total += sum(view, Sum::provider, project, *query.provider);
    else
      total += sum(view, Sum::live, project, {});
  }
  return total;
}

/// The index that fits the query best, else the rows, of each of its projects.
Source source_of(const projections::StoreView& view, const ListQuery& query, bool scans) {
  Source source(view, query.order, scans);
  for (const auto& project : query.projects) {
    const auto rows = row_prefix(kRowTable, project);
    if (query.status == Status::deleted)
      source.add_rows(row_prefix(kDeletedTable, project));
    else if (query.status)
      source.add_index(status_prefix(project, *query.status), rows);
    else if (query.owner)
      source.add_index(owner_prefix(project, *query.owner), rows);
    else
      source.add_rows(rows);
  }
  return source;
}

/// Whether the ranges that source_of() walks hold others too than those asked for.
bool must_look_at_rows(const ListQuery& query) {
  return query.provider || has_free_filter(query) || (query.status && query.owner);
}

Result<void> walk(const projections::StoreView& view, const ListQuery& query, const std::optional<Place>& after,
                  Instant now, const HostAway& away, Filling& filling) {
  const bool filtered = must_look_at_rows(query);
  auto source = source_of(view, query, filtered);
  std::size_t looked_at = 0;
  for (source.start(after); source.valid(); source.next()) {
    if (!filtered && !filling.shows_next()) {
      if (!filling.count()) return success();
      continue;
    }
    HUB_TRY(const auto row, decode_row(source.row()));
    const auto write = [&](std::string& out) { append_answer(out, row, now, away); };
    if ((!filtered || matches(query, row)) && !filling.take(source.place(), write)) return success();
    if (filtered && ++looked_at >= query.scan_rows_max) {
      filling.give_up(source.place());
      return success();
    }
  }
  filling.end();
  return success();
}

/// What a list as of the past finds at one place.
class PastRow {
 public:
  PastRow(const projections::StoreView& view, log::Log& log, const Moment& moment)
      : view_(view), log_(log), moment_(moment), folded_(view.cursor()) {}

  /// The row as it was; none when it was not there, or cannot be folded. Counts those that cost a fold.
  std::optional<Row> at(std::string_view bytes) {
    const auto row = decode_row(bytes);
    if (!row || !moment_.cursor.covers(row.value().position.partition, row.value().created_seq)) return std::nullopt;
    ++candidates_;
    const auto partition = row.value().position.partition;
    const bool all_folded = folded_.covers(partition, moment_.cursor.seqs[partition]);
    if (all_folded && moment_.cursor.covers(partition, row.value().position.seq)) return row.value();
    return fold(bytes);
  }
  std::size_t candidates() const { return candidates_; }

 private:
  std::optional<Row> fold(std::string_view bytes) {
    const auto current = view_of(bytes);
    if (!current) return std::nullopt;
    const auto past = view_at(view_, log_, current.value().id, moment_, std::string(bytes));
    if (!past || !past.value()) return std::nullopt;
    bytes_ = encode_row(*past.value());
    return decode_row(bytes_).value();
  }

  const projections::StoreView& view_;
  log::Log& log_;
  const Moment& moment_;
  Cursor folded_;
  std::string bytes_;
  std::size_t candidates_ = 0;
};

/// Nothing made later than the moment need be looked at: created_at is never behind the index time.
std::optional<Place> first_place(const ListQuery& query, const std::optional<Place>& after, const Moment& moment) {
  if (after || !moment.at.is_set() || query.order == Order::oldest_first) return after;
  return Place{moment.at, {}};
}

bool too_young(std::string_view bytes, const Moment& moment) {
  Place place;
  return moment.at.is_set() && take_place(bytes, place) && place.created_at > moment.at;
}

}  // namespace

Result<ListAnswer> list_page(const projections::StoreView& view, const ListQuery& query,
                             const std::optional<Place>& after, Instant now, const HostAway& away) {
  auto answer = begin(view, query);
  answer.total = known_total(view, query);
  Filling filling(answer, answer.page, query.page_size, !answer.total && !after);
  HUB_TRY(walk(view, query, after, now, away, filling));
  filling.finish();
  if (answer.total || !after || !query.counts) return answer;
  // Asked by cursor: the matches before it count too.
  ListAnswer all;
  Filling counting(all, {}, query.page_size, true);
  HUB_TRY(walk(view, query, std::nullopt, now, away, counting));
  counting.finish();
  answer.total = all.total;
  answer.total_at_least = all.total_at_least;
  return answer;
}

Result<ListAnswer> list_page_at(const projections::StoreView& view, log::Log& log, const ListQuery& query,
                                const std::optional<Place>& after, const Moment& moment) {
  auto answer = begin(view, query);
  answer.position = moment.cursor;
  // By cursor only this page is looked at; what is in it is all that is known to match.
  Filling filling(answer, answer.page, query.page_size, !after);
  PastRow past(view, log, moment);
  Source source(view, query.order, true);
  for (const auto& project : query.projects) {
    source.add_rows(row_prefix(kRowTable, project));
    source.add_rows(row_prefix(kDeletedTable, project));
  }
  const auto begun = std::chrono::steady_clock::now();
  for (source.start(first_place(query, after, moment)); source.valid(); source.next()) {
    if (too_young(source.place(), moment)) break;
    const auto row = past.at(source.row());
    const auto write = [&](std::string& out) { append_answer(out, *row, moment.at); };
    if (row && matches(query, *row) && !filling.take(source.place(), write)) break;
    const auto patience = filling.shows_next() ? kPastTimeMax : kPastCountTimeMax;
    if (past.candidates() < kCandidatesMax && std::chrono::steady_clock::now() - begun < patience) continue;
    filling.give_up(source.place());
    break;
  }
  if (!source.valid() || too_young(source.place(), moment)) filling.end();
  filling.finish();
  if (after) answer.total_at_least = answer.count;
  return answer;
}

}  // namespace hub::deployments
