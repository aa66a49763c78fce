#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/log/log.hpp"
#include "projections/core/feed.hpp"
#include "projections/core/list_answer.hpp"
#include "projections/models/view.hpp"

namespace hub::model_rows {

/// Models that one query looks at, over all its projects; the oldest beyond are left out.
inline constexpr std::size_t kListedMax = 10'000;

struct ListQuery {
  std::vector<std::string> projects;  ///< those the caller asks for and may see
  std::optional<models::Status> status;
  std::optional<std::string> type;
  std::map<std::string, std::string> labels;  ///< all must be there with these values
  std::string text;                           ///< part of name, id or the value of a label
  std::uint32_t page = 1;                     ///< from 1; not used with a cursor
  std::uint32_t page_size = projections::kPageSizeDefault;
  std::optional<std::string> cursor;  ///< next_cursor of an answer to the same query
};

/// One model as it is answered, and what the gateway decides by.
struct Item {
  std::string json;
  View view;
};

/// Answers about models from the projection "tasks". All calls are safe from any thread, and none waits: for a position
/// that must have been seen there is progress().
class Models {
 public:
  /// `feed` and `log` outlive it.
  Models(projections::Feed& feed, log::Log& log) : feed_(feed), log_(log) {}

  /// Deleted ones too. One that is in the log and not yet folded is read from there.
  /// Fails: not_found `model.not_found`; of one not yet folded also as Log::history does.
  Result<Item> get(std::string_view id) const;
  /// The same without its JSON.
  Result<View> view(std::string_view id) const;

  /// The model that is meant by an id, or by the name that it has in one of these projects. Deleted ones are meant by
  /// their id only. Fails: not_found `model.not_found`, conflict `model.ambiguous` (projects have one each).
  Result<std::string> resolve(std::string_view text, const std::vector<std::string>& projects) const;

  /// A page, the newest first, with an exact total. Fails as check_page() does.
  Result<projections::ListAnswer> list(const ListQuery& query) const;
  /// All that list() would answer, `page_size` at a time; from query.cursor when that is given.
  projections::Pages pages(ListQuery query, std::uint32_t page_size) const;
  /// All that are not deleted, the newest of each project first; at most kListedMax.
  std::vector<View> all(const std::vector<std::string>& projects) const;

  projections::Progress& progress() const { return feed_.progress(); }

 private:
  projections::Feed& feed_;
  log::Log& log_;
};

/// Models::list() from one snapshot.
Result<projections::ListAnswer> list_page(const projections::StoreView& view, const ListQuery& query);
/// The row of a model that is known; none else.
std::optional<View> find(const projections::StoreView& view, std::string_view id);
/// All that are not deleted, as Models::all().
std::vector<View> all(const projections::StoreView& view, const std::vector<std::string>& projects);

}  // namespace hub::model_rows
