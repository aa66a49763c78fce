#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/log/log.hpp"
#include "projections/core/feed.hpp"
#include "projections/deployments/list.hpp"
#include "projections/deployments/moment.hpp"
#include "projections/deployments/row.hpp"
#include "projections/deployments/view.hpp"

namespace hub::deployments {

/// Rows that one query as of the past folds; then it answers what it has, and a cursor.
inline constexpr std::size_t kCandidatesMax = 10'000;
inline constexpr std::chrono::milliseconds kPastTimeMax{1'000};
/// When the page is full, matches behind it are counted until so long after the beginning.
inline constexpr std::chrono::milliseconds kPastCountTimeMax{200};

/// One deployment as it is answered, and what the gateway decides by.
struct Item {
  std::string json;
  std::string project;
  std::string provider;
  Status status = Status::creating;
  Version version = 0;
  Position position;
};

/// Sums that are kept with every fold; nothing is counted.
struct Overview {
  struct Project {
    std::uint64_t total = 0;  ///< not deleted ones
    std::map<std::string, std::uint64_t> by_status;
    std::map<std::string, std::uint64_t> by_owner;
    std::map<std::string, std::uint64_t> by_provider;
    std::map<std::string, std::int64_t> price_usd_micro_per_hour_by_provider;  ///< of those that are charged for
  };
  std::map<std::string, Project> projects;
  Cursor position;
};

/// Answers from the projection "deployments". All calls are safe from any thread, and none waits: for a position
/// that must have been seen there is Feed::progress(). `now` is for the cost of what runs.
class Deployments {
 public:
  /// `feed` and `log` outlive it. `away` must not wait; it is asked for those that are on their way to another status.
  Deployments(projections::Feed& feed, log::Log& log, HostAway away = {})
      : feed_(feed), log_(log), away_(std::move(away)) {}

  /// Deleted ones too. One that is in the log and not yet folded is read from there.
  /// Fails: not_found `deployment.not_found`; of one not yet folded also as Log::history does.
  Result<Item> get(std::string_view id, Instant now) const;

  /// The id meant by an id, by a name that only one has, or by the beginning of an id (with or without "dep_") that
  /// only one has, in these projects. Deleted ones are meant by their whole id only.
  /// Fails: not_found `deployment.not_found`, conflict `deployment.ambiguous`.
  Result<std::string> resolve(std::string_view text, const std::vector<std::string>& projects) const;

  /// A page in the query's order. Exact `total` for no filter and for status, owner or provider alone; else matches
  /// are counted up to kPagedRowsMax. Fails as check() does.
  Result<ListAnswer> list(const ListQuery& query, Instant now) const;

  /// As it was. Fails: not_found `deployment.not_found` (also: not yet), and as moment_at and view_at do.
  Result<View> get_at(std::string_view id, const Moment& moment) const;
  /// As of a moment; at most kCandidatesMax rows or kPastTimeMax, then a cursor, perhaps before the page is full.
  Result<ListAnswer> list_at(const ListQuery& query, const Moment& moment) const;

  /// All that list() or list_at() would answer, `page_size` at a time; from query.cursor when that is given. Without
  /// totals. `this` outlives it.
  projections::Pages pages(ListQuery query, Instant now, std::uint32_t page_size) const;
  projections::Pages pages_at(ListQuery query, const Moment& moment, std::uint32_t page_size) const;

  Overview overview(const std::vector<std::string>& projects) const;

  projections::Progress& progress() const { return feed_.progress(); }
  log::Log& log() const { return log_; }

 private:
  Result<Item> get_unfolded(std::string_view id, Instant now) const;

  projections::Feed& feed_;
  log::Log& log_;
  const HostAway away_;
};

}  // namespace hub::deployments
