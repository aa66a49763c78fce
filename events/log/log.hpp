#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "events/log/record.hpp"

namespace hub::log {

class Inputs;

enum class Append {
  committed,  ///< durable
  fenced,     ///< another owner has claimed a partition since; nothing was written
  unknown,    ///< may or may not be there: stop, claim again, read back
};

/// One event as history and `at=` need it.
struct EntityRecord {
  Position position;
  Instant index_time;
  Record record;
  bool operator==(const EntityRecord&) const = default;
};

/// Holds what history() and seq_at() read by against the records themselves, which must be sound: nothing is missing,
/// leads elsewhere or is there without a record. Reads the whole log once, a piece at a time; the log may grow
/// meanwhile, of which nothing is seen.
class IndexCheck {
 public:
  virtual ~IndexCheck() = default;
  /// Looks at about `bytes` more. False: that was all. Fails: internal `log.corrupt` naming the first bad position, to
  /// find which takes another walk.
  virtual Result<bool> step(std::size_t bytes) = 0;
  /// Records looked at so far.
  virtual std::uint64_t records() const = 0;
};

/// How long Log::when_read() waits for what others wrote.
inline constexpr Duration kReadPatience = seconds(2);

/// The record of everything that happened. Implementations: embedded, simulated, kafka; one contract suite holds
/// them (tests/log/contract.hpp). All calls are safe from any thread.
class Log {
 public:
  virtual ~Log() = default;

  /// A property of the log for its whole life, 1 to 1,024.
  virtual std::uint32_t partitions() const = 0;
  /// Drawn when the log was made; part of every cursor, so that a cursor of another log is found out.
  virtual std::uint64_t incarnation() const = 0;
  /// True when other processes may own its partitions: then an owner keeps nothing that matters to itself alone.
  virtual bool is_shared() const { return false; }
  /// How nodes share out its partitions and reach each other's; null: whoever opens it has it all.
  virtual Inputs* inputs() { return nullptr; }

  /// Becomes the owner of a partition: appends a Claimed record of an epoch above every earlier one, and answers the
  /// head behind it (`head.epoch` is the caller's epoch). Fails: unavailable `log.unavailable`; safe to repeat.
  virtual Result<Head> claim(PartitionId partition, std::string_view node) = 0;

  /// Writes sealed batches, at most one a partition, all or none. Returns when they are as durable as the log makes
  /// them. Each batch must follow its partition's head under the epoch of the last claim; else `fenced`.
  /// An I/O error of a local disk ends the process: it is never retried.
  virtual Append append(const std::vector<BatchPtr>& batches) = 0;

  /// Complete, verified batches of a partition in order, beginning with the one that holds seq `from` (or the first
  /// behind it), until their encoded size passes `bytes_max` (at least one when there is one). Empty at the head.
  /// Batches without records come in front of the next that has some, never last: so a reader that goes on from
  /// `end.last + 1` meets each batch once, in order of the chain, and those at the head after the next claim at latest.
  /// Fails: internal `log.corrupt` naming the position; gone `log.truncated` when `from` is no longer kept.
  virtual Result<std::vector<BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) = 0;

  virtual Head head(PartitionId partition) = 0;

  /// Told once when all that anybody was told is committed in these partitions, before this call, can be read here; on
  /// a thread that must not be blocked, perhaps before this returns. Costs one question for all who wait, where other
  /// processes may write. Fails: unavailable `log.behind` when it is not so within kReadPatience.
  using Told = std::function<void(Result<void>)>;
  virtual void when_read(const std::vector<PartitionId>& /*partitions*/, Told told) { told(success()); }

  /// Events of one entity in order of version, from version `from`, at most `count_max`; those of which it is the
  /// parent count by `parent_version`. Read through an index: cost is per event returned.
  virtual Result<std::vector<EntityRecord>> history(std::string_view entity, Version from, std::size_t count_max) = 0;

  /// Seq of the last record whose batch has index_time <= `at`; 0 when there is none. Logarithmic in the batches.
  virtual Result<Seq> seq_at(PartitionId partition, Instant at) = 0;

  /// Begins to check the indexes as they are now. Null: the log stores none. Must end before the log does.
  virtual std::unique_ptr<IndexCheck> check_indexes() { return nullptr; }

  /// Told after each commit, in order within a partition, on the appending thread: must not block, append or
  /// add and remove watchers.
  /// Batches that come while a watcher is added are either seen by it or readable by read() before it returns.
  using Watcher = std::function<void(const std::vector<BatchPtr>&)>;
  virtual std::uint64_t watch(Watcher watcher) = 0;
  /// After it returns, the watcher is not running and will not be called again.
  virtual void unwatch(std::uint64_t id) = 0;
};

}  // namespace hub::log
