#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/cursor.hpp"
#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"
#include "events/log/record.hpp"
#include "projections/core/store.hpp"

namespace hub::projections {

class Rows;

/// One event with its place.
struct Recorded {
  Position position;
  Instant index_time;  ///< of its batch
  const log::Record& record;
};

/// What a fold did to one row, for those who follow it live.
struct RowChange {
  enum class Op : std::uint8_t { put, remove };
  std::string id;
  std::string project;
  Op op = Op::put;
  std::shared_ptr<const std::string> json;  ///< the row as answers show it; also when it is removed from lists; null
                                            ///< where it is made only when somebody watches
  Position mark;                            ///< of the last event in it
};

/// The net result of one fold: each row once.
struct FoldResult {
  std::vector<RowChange> changes;
  Cursor after;
};

/// One fold under way: takes events, keeps what they change in memory, and writes each key once at the end.
class Folding {
 public:
  virtual ~Folding() = default;
  /// A pure function of rows and event. On a failure nothing of the event is kept, when it throws nothing of this
  /// fold for its entity; either way the entity is quarantined: no later event of it is applied.
  virtual Result<void> apply(const Recorded& recorded) = 0;
  virtual void finish(Rows& rows) = 0;
};

/// What makes a table out of the log. Folding the log from its start gives the same rows, whatever the folds were.
class Projection {
 public:
  virtual ~Projection() = default;
  virtual std::string_view name() const = 0;  ///< "deployments"
  virtual std::uint32_t version() const = 0;  ///< another one: a folder of its own, built from the log
  virtual bool concerns(const log::Record& record) const = 0;
  /// Reads the rows as they are before the fold from `store`, which outlives it.
  virtual std::unique_ptr<Folding> fold(const Store& store) const = 0;
};

}  // namespace hub::projections
