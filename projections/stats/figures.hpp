#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"
#include "events/tasks/events.hpp"
#include "projections/stats/sketch.hpp"

namespace hub::stats {

inline constexpr std::int64_t kMicrosPerHour = 3'600'000'000;

/// Hours since 1970, in UTC.
constexpr std::int64_t hour_of(Instant at) {
  return at.micros / kMicrosPerHour;
}

/// The tasks that were submitted within a span of time, as they stand now.
struct Submitted {
  std::array<std::int64_t, 5> by_status{};  ///< by tasks::Status
  std::int64_t tokens = 0;
  std::int64_t cost_usd_micro = 0;

  std::int64_t of(tasks::Status status) const { return by_status[static_cast<std::size_t>(status)]; }
  std::int64_t total() const;
  void add(const Submitted& other);
  bool operator==(const Submitted&) const = default;
};

/// What ended within a span of time; one that is sent again and ends again counts again.
struct Ended {
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  std::int64_t tokens = 0;
  std::int64_t cost_usd_micro = 0;
  Sketch wait;  ///< µs from when it could have been started to its first attempt; completed and failed ones
  Sketch run;   ///< µs of its last attempt; the same

  void add(const Ended& other);
  bool operator==(const Ended&) const = default;
};

/// Tasks that wait for a model, within an hour.
struct Depth {
  std::int64_t last = 0;
  std::int64_t most = 0;
  bool operator==(const Depth&) const = default;
};

/// Figures of one hour of a project or a model.
struct Figures {
  Submitted submitted;
  Ended ended;
  Depth depth;  ///< of a model only
  bool operator==(const Figures&) const = default;
};

std::string encode(const Figures& figures);
/// Fails: internal `projection.corrupt`.
Result<Figures> decode(std::string_view bytes);
/// The same without the sketches.
Result<Submitted> decode_submitted(std::string_view bytes);

// Tables of the projection "tasks" that hold figures.
//
//   f kind name hour   → figures; kind: 'p' of a project, 'm' of a model
//   c project status   → sum of tasks
enum class Scope : char { project = 'p', model = 'm' };
inline constexpr char kFiguresTable = 'f';
inline constexpr char kSumTable = 'c';
std::string figures_prefix(Scope scope, std::string_view name);
std::string figures_key(Scope scope, std::string_view name, std::int64_t hour);
std::string sum_key(std::string_view project, tasks::Status status);

}  // namespace hub::stats
