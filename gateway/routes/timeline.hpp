#pragma once
#include <optional>
#include <vector>

#include "gateway/routes/event_reader.hpp"

namespace hub::routes {

/// Which way from a moment.
enum class Direction { back, on };

struct TimedEvent {
  Instant recorded_at;  ///< index time of its batch: as of this moment it is there, a microsecond before it is not
  std::string json;     ///< CloudEvent
};

struct Timeline {
  std::vector<TimedEvent> events;   ///< ascending by time, those of one moment by partition and seq
  std::optional<Instant> whole_to;  ///< nothing is left out up to here; unset: to the record's beginning, or its head
};

/// Events nearest to `at`: before it (back), or behind it (on); none of `at` itself when going on. Those of one moment
/// stay together, so there may be more than `count_max`. Looks at a bounded number of records, so there may be fewer as
/// well, or none: go on from `whole_to`. Fails: as Log::read and Log::seq_at.
Result<Timeline> read_timeline(log::Log& log, Instant at, Direction direction, const EventFilter& filter,
                               std::size_t count_max);

}  // namespace hub::routes
