#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "actors/engine/active_entities.hpp"
#include "actors/engine/agenda_book.hpp"
#include "actors/engine/effects.hpp"
#include "actors/engine/reply.hpp"
#include "actors/engine/runner_unit.hpp"
#include "actors/engine/state_store.hpp"
#include "events/log/log.hpp"

namespace hub::engine {

struct WorkItem;
class Work;

struct RunnerOptions {
  std::string node = "node";
  std::size_t inputs_per_batch_max = 2'000;
  std::size_t inputs_per_entity_max = 256;         ///< of one batch
  std::size_t commands_per_partition_max = 4'096;  ///< waiting; above it 429 `queue.full`
  ActiveEntities::Limits active;
  std::function<Instant()> clock = wall_now;
  /// A record that signs the partition's head, asked for at most once a second and partition.
  std::function<log::Record(PartitionId, const log::Head&, Instant)> checkpoint;
};

/// Figures for /metrics; readable from any thread.
struct RunnerMetrics {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> inputs{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> refusals{0};
  std::atomic<std::uint64_t> append_micros{0};
  std::atomic<std::uint64_t> queued{0};
  std::atomic<std::uint64_t> active{0};
  std::atomic<std::uint64_t> quarantined{0};
  std::atomic<std::uint64_t> dead_letters{0};
  std::atomic<std::int64_t> overdue_micros{0};
};

/// Owns some partitions: drains inputs, has the actors decide, appends one batch, answers, releases effects, stores
/// rows. submit() may be called from any thread, everything else from the one that drives step().
class Runner {
 public:
  Runner(RunnerOptions options, log::Log& log, StateStore& store, const Kinds& kinds, caf::actor_system& system,
         EffectSink& effects);
  ~Runner();

  /// Claims a partition, folds what the store lacks, and takes up what its entities owe. Safe to repeat.
  Result<void> own(PartitionId partition);
  /// Folds what the store lacks of a partition that is only read; claims nothing, and nothing is owed.
  Result<void> read(PartitionId partition) { return catch_up(partition, log_.head(partition)); }
  bool owns(PartitionId partition) const { return heads_.count(partition) > 0; }

  /// Fails: too_many `queue.full` (commands only); unavailable `server.stopping`.
  Result<void> submit(Submission submission);
  /// One batch. False when there was nothing to do.
  bool step();
  /// Blocks until there is something to do, or stop() was called.
  void wait();
  /// Refuses what comes from now on; wait() returns at once.
  void stop();
  bool stopping() const { return stopping_; }

  const RunnerMetrics& metrics() const { return metrics_; }
  std::size_t queued() const { return metrics_.queued; }

 private:
  friend class Work;
  std::vector<Submission> take();
  bool take_due(Instant now, std::vector<Submission>& inputs);
  void commit(Work& work);
  void committed(Work& work, const std::vector<log::BatchPtr>& batches);
  void resolve_unknown(Work& work, const std::vector<log::BatchPtr>& batches);
  void lose(Work& work, const std::vector<log::BatchPtr>& batches);
  void requeue(Work& work);
  void store_rows(Work& work, const std::vector<log::BatchPtr>& batches);
  void take_messages(const std::vector<log::BatchPtr>& batches);
  Result<void> catch_up(PartitionId partition, const log::Head& head);
  void load_agenda();
  void start_effect(const std::string& entity, Due due);
  std::uint32_t partition_count() const { return log_.partitions(); }

  const RunnerOptions options_;
  log::Log& log_;
  StateStore& store_;
  const Kinds& kinds_;
  EffectSink& effects_;
  RunnerUnit unit_;
  ActiveEntities active_;
  AgendaBook agenda_;
  std::map<PartitionId, log::Head> heads_;  ///< of owned partitions
  std::map<PartitionId, Instant> checkpointed_;
  RunnerMetrics metrics_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Submission> queue_;
  std::map<PartitionId, std::size_t> waiting_commands_;
  std::atomic<bool> stopping_{false};
};

}  // namespace hub::engine
