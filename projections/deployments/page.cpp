#include "projections/deployments/page.hpp"

#include "events/deployments/events.hpp"
#include "projections/core/rows.hpp"
#include "projections/deployments/queries.hpp"
#include "projections/deployments/source.hpp"

namespace hub::deployments {
namespace {

/// Takes matches in order: leaves out those of earlier pages, fills the page, and looks on as far as it must.
class Filling {
 public:
  /// With `counts` it goes on behind the page until kPagedRowsMax are counted, else until it knows that there is more.
  Filling(ListAnswer& answer, const ListQuery& query, bool counts, HostAway away = {})
      : answer_(answer),
        skip_(query.cursor ? 0 : std::uint64_t{query.page - 1} * query.page_size),
        counts_(counts),
        away_(std::move(away)) {
    answer_.items = "[";
  }

  /// Whether the next match is shown; else it is only counted, and its row is not needed.
  bool shows_next() const { return seen_ >= skip_ && answer_.count < answer_.page_size; }
  /// False when enough has been seen.
  bool take(std::string_view place, const Row& row, Instant now) {
    if (!shows_next()) return count();
    if (answer_.count++ > 0) answer_.items += ',';
    append_answer(answer_.items, row, now, away_);
    last_ = place;
    ++seen_;
    return true;
  }
  bool count() {
    if (++seen_ > skip_ + answer_.page_size) more_ = true;
    return counts_ ? seen_ <= kPagedRowsMax : !more_;
  }

  /// Nothing is left to look at.
  void end() { ended_ = true; }
  /// It may look no further than `place`: the next page begins there when this one could not be filled.
  void give_up(std::string_view place) {
    more_ = true;
    if (answer_.count < answer_.page_size) last_ = place;
  }

  void finish() {
    answer_.items += ']';
    Place place;
    if (more_ && take_place(last_, place)) answer_.next_cursor = to_text(place);
    if (!counts_) return;
    if (ended_)
      answer_.total = seen_;
    else
      answer_.total_at_least = std::min(seen_, kPagedRowsMax);
  }

 private:
  ListAnswer& answer_;
  std::uint64_t skip_;
  bool counts_;
  HostAway away_;
  std::uint64_t seen_ = 0;
  bool more_ = false;
  bool ended_ = false;
  std::string last_;
};

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

/// Whether the ranges that Source::of() walks hold others too than those asked for.
bool must_look_at_rows(const ListQuery& query) {
  return query.provider || has_free_filter(query) || (query.status && query.owner);
}

Result<void> walk(const projections::StoreView& view, const ListQuery& query, const std::optional<Place>& after,
                  Instant now, Filling& filling) {
  const bool filtered = must_look_at_rows(query);
  auto source = Source::of(view, query, filtered);
  std::size_t looked_at = 0;
  for (source.start(after); source.valid(); source.next()) {
    if (!filtered && !filling.shows_next()) {
      if (!filling.count()) return success();
      continue;
    }
    HUB_TRY(const auto row, decode_row(source.row()));
    if ((!filtered || matches(query, row)) && !filling.take(source.place(), row, now)) return success();
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
  Filling filling(answer, query, !answer.total && !after, away);
  HUB_TRY(walk(view, query, after, now, filling));
  filling.finish();
  if (answer.total || !after) return answer;
  // Asked by cursor: the matches before it count too.
  ListAnswer all;
  Filling counting(all, query, true);
  HUB_TRY(walk(view, query, std::nullopt, now, counting));
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
  Filling filling(answer, query, !after);
  PastRow past(view, log, moment);
  Source source(view, query.order, true);
  for (const auto& project : query.projects) {
    source.add_rows(kRowTable, project);
    source.add_rows(kDeletedTable, project);
  }
  const auto begun = std::chrono::steady_clock::now();
  for (source.start(first_place(query, after, moment)); source.valid(); source.next()) {
    if (too_young(source.place(), moment)) break;
    const auto row = past.at(source.row());
    if (row && matches(query, *row) && !filling.take(source.place(), *row, moment.at)) break;
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
