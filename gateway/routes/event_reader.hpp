#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/cursor.hpp"
#include "events/log/log.hpp"
#include "projections/accounts/principal.hpp"

namespace hub::routes {

/// Which events: those of projects where the caller may read, of one type or all.
struct EventFilter {
  std::string organisation;
  std::vector<std::string> projects;
  std::string type;            ///< empty: all
  std::string type_beginning;  ///< likewise

  static EventFilter of(const accounts::Principal& principal);
  bool shows(const log::Record& record) const;
};

struct ReadEvent {
  std::string json;    ///< CloudEvent
  std::string cursor;  ///< behind it
};

/// Reads events behind `cursor`, partition after partition, and moves it along. Order within a partition is that of
/// the log. Stops after `count_max` events, or when all partitions were read to their heads.
/// With `until`, nothing behind that is read. Waits as is_of() does. Fails: as Log::read; invalid `cursor.other_log`.
Result<std::vector<ReadEvent>> read_events(log::Log& log, Cursor& cursor, const EventFilter& filter,
                                           std::size_t count_max, const Cursor* until = nullptr);

/// The newest `count_max` events, by time, among the last `count_max` records of each partition, ascending by time;
/// moves `cursor` to the heads behind which nothing was looked at. Fails: as Log::read.
Result<std::vector<ReadEvent>> read_last_events(log::Log& log, Cursor& cursor, const EventFilter& filter,
                                                std::size_t count_max);

/// How long a cursor that another node gave out may be ahead of what this one has read.
inline constexpr std::chrono::seconds kOtherNodesPatience{5};

/// False for a cursor of another log, or of another past of this one: it is ahead of what is here, so there could be
/// events behind it of which its holder has seen nothing. On a shared log it waits until what the cursor covers is read
/// here, at most kOtherNodesPatience.
bool is_of(const Cursor& cursor, log::Log& log);

/// A cursor before everything, or at the head of every partition.
Cursor cursor_at_start(const log::Log& log);
Cursor cursor_at_head(log::Log& log);

}  // namespace hub::routes
