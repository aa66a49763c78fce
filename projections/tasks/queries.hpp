#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "events/log/log.hpp"
#include "projections/core/feed.hpp"
#include "projections/tasks/list.hpp"
#include "projections/tasks/view.hpp"

namespace hub::task_rows {

/// What the gateway seals and opens; both as JSON, empty where there is none.
struct SealedParts {
  RawJson input;
  RawJson result;
};

/// One task as it is answered, and what the gateway decides by.
struct Item {
  std::string json;  ///< without input and result
  View view;
  Standing standing;

  /// The whole answer. `input` and `result` are JSON; an empty one is null.
  std::string json_with(std::string_view input, std::string_view result) const;
};

/// Answers about tasks from the projection "tasks". All calls are safe from any thread, and none waits: for a position
/// that must have been seen there is progress().
class Tasks {
 public:
  /// `feed` and `log` outlive it.
  Tasks(projections::Feed& feed, log::Log& log) : feed_(feed), log_(log) {}

  /// With its place in the queue. One that is in the log and not yet folded is read from there.
  /// Fails: not_found `task.not_found`; of one not yet folded also as Log::history does.
  Result<Item> get(std::string_view id, Instant now) const;
  /// The same without JSON and place.
  Result<View> view(std::string_view id) const;
  /// Input and result from its events, sealed as they are there. Fails as Log::history does.
  Result<SealedParts> sealed(const View& view) const;

  /// A page, the newest first. Exact `total` for no filter, for status, model and both; else matches are counted up to
  /// kPagedRowsMax as far as one query looks. Fails as check_page() does.
  Result<projections::ListAnswer> list(const ListQuery& query) const;
  /// All that list() would answer, `page_size` at a time; from query.cursor when that is given.
  projections::Pages pages(ListQuery query, std::uint32_t page_size) const;
  /// The same without rows, for who acts on many: query.page_size at a time, by cursor.
  Result<Matches> matches(const ListQuery& query) const;

  projections::Progress& progress() const { return feed_.progress(); }
  log::Log& log() const { return log_; }

 private:
  projections::Feed& feed_;
  log::Log& log_;
};

/// Folds events of one task, from its first, that are not in a row yet. Fails as apply() does.
Result<View> fold_events(const std::vector<log::EntityRecord>& events);
/// The task as an answer shows it, from one snapshot.
Item item_of(const projections::StoreView& rows, View view, Instant now);
/// The answer to a submission, from its own event, which need not be folded. `batch` holds it, at `position` or before;
/// `model`: as it was when the task was submitted, or a little before. Fails: as apply(); not_found `task.not_found`.
Result<Item> submitted_item(const log::Batch& batch, Position position, std::string_view id, model_rows::View model,
                            Instant now);
/// Place in its model's queue; none when it waits for a time, or when more than kPlacesCounted are on both sides.
std::optional<std::uint64_t> place_of(const projections::StoreView& rows, const View& view,
                                      const model_rows::View& model);
/// Keys that are counted for one place.
inline constexpr std::size_t kPlacesCounted = 10'000;

}  // namespace hub::task_rows
