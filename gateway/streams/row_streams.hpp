#pragma once
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/cursor.hpp"
#include "gateway/live/source.hpp"
#include "projections/core/list_answer.hpp"
#include "projections/core/progress.hpp"
#include "projections/core/projection.hpp"

namespace hub::streams {

// What streams of rows have in common.

/// Changed rows that a resuming client may have missed; with more it gets a snapshot.
inline constexpr std::size_t kMissedRowsMax = 10'000;
/// Rows in a snapshot of a list.
inline constexpr std::uint32_t kSnapshotRows = 1'000;

/// {"op":…,"item":…}
std::string change_json(std::string_view op, std::string_view item);
/// Those whose rows the principal may see.
std::vector<std::string> projects_of(const accounts::Principal& principal);

/// A cursor of another node may be ahead of what is folded here: waits for it, as long as a reader may.
void await_others(log::Log& log, projections::Progress& progress, const std::optional<Cursor>& after);
/// Whether `cursor` is of the same log and not ahead: one that is is of another past.
bool fits(const Cursor& cursor, const Cursor& now);

/// Ids that begin so with an event behind `after` and not behind `until`; none when they, or the records to look
/// through, are too many.
std::optional<std::set<std::string>> changed_since(
    log::Log& log, std::string_view prefix, const Cursor& after, const Cursor& until,
    std::uint64_t records_max = std::numeric_limits<std::uint64_t>::max());

/// {"items":…,"total":…}
std::string list_json(const projections::ListAnswer& list);
/// Opens a list with all that is in it.
live::Opening opened_list(const projections::ListAnswer& list);
/// Opens the stream of one row behind `after`. `now`: how far it has been read, up to `position`, which is its last
/// event.
live::Opening opened_row(Cursor now, Position position, std::string json, const std::optional<Cursor>& after);

/// One row as a stream shows it.
struct Shown {
  std::string json;
  Position position;  ///< of its last event
  bool gone = false;  ///< it is in no list any more
};
/// Opens a list behind `after` with the changes of those rows, as they are now. `find(id)` gives what the principal may
/// see, else nothing.
template <class Find>
live::Opening recovered_list(const std::set<std::string>& ids, const Cursor& after, const Cursor& now, Find find) {
  live::Opening opening;
  opening.recovered = true;
  opening.cursor = now;
  for (const auto& id : ids) {
    const std::optional<Shown> shown = find(id);
    if (!shown) continue;
    // Until the last one has come, a resume begins where this one did.
    opening.missed.push_back({to_text(after), change_json(shown->gone ? "delete" : "put", shown->json)});
    // The row may be newer than the cursor: its frame must not come again.
    auto& seq = opening.cursor.seqs[shown->position.partition];
    seq = std::max(seq, shown->position.seq);
  }
  if (!opening.missed.empty()) opening.missed.back().cursor = to_text(opening.cursor);
  return opening;
}

/// The changes of one fold in the order of the log, each with its cursor: behind it is all of its partition up to its
/// own event, the rest as before the fold, and behind the last one all of the fold.
class FoldFrames {
 public:
  /// Calls publish(change, frame without data) for each. One thread at a time.
  template <class Publish>
  void each(const projections::FoldResult& result, Publish publish) {
    const auto changes = begin(result);
    for (const auto* change : changes) {
      before_.seqs[change->mark.partition] = change->mark.seq;
      const auto cursor = to_text(change == changes.back() ? result.after : before_);
      publish(*change,
              live::Frame{{change->mark.partition, change->mark.seq}, cursor, {}, {}, change->project, change->id});
    }
    before_ = result.after;
  }
  /// Nobody watches: only its cursor counts.
  void skip(const projections::FoldResult& result) { before_ = result.after; }

 private:
  std::vector<const projections::RowChange*> begin(const projections::FoldResult& result);

  Cursor before_;
};

}  // namespace hub::streams
