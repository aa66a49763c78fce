#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "actors/engine/active_entities.hpp"
#include "actors/engine/agenda_book.hpp"
#include "actors/engine/batch_limit.hpp"
#include "actors/engine/effects.hpp"
#include "actors/engine/message_feed.hpp"
#include "actors/engine/reply.hpp"
#include "actors/engine/runner_unit.hpp"
#include "actors/engine/state_store.hpp"
#include "events/core/histogram.hpp"
#include "events/log/log.hpp"

namespace hub::engine {

/// Refused for want of room on the disk: 507 `disk.full`.
Failure disk_full();

struct WorkItem;
class Work;

struct RunnerOptions {
  std::string node = "node";
  std::string host;  ///< of which this node carries out what is to be done there; empty: of none
  std::size_t inputs_per_batch_max = 8'000;        ///< when a batch of so many is quick (BatchLimit)
  std::size_t inputs_per_entity_max = 256;         ///< of one batch
  std::size_t commands_per_partition_max = 4'096;  ///< waiting; above it 429 `queue.full`
  ActiveEntities::Limits active;
  std::function<Instant()> clock = wall_now;
  /// A record that signs the partition's head and names those of the others, asked for at most once a second and
  /// partition, and at the end.
  std::function<log::Record(PartitionId, const log::Head&, Instant)> checkpoint;
  /// False: the disk is nearly full. Then commands are refused with 507 `disk.full`, and what cannot be refused
  /// (timers, results of effects, messages) waits until there is room. Asked before each batch; empty: there is always
  /// room.
  std::function<bool()> has_room;
  /// Told of each dead letter of this runner once it is kept; on the runner's thread, must not block.
  std::function<void(const DeadLetter&)> buried;
  /// A partition that cannot be read any more; the detail names the position. Absent: the server's own log.
  MessageFeed::Alarm alarm;
};

/// Figures for /metrics; readable from any thread.
struct RunnerMetrics {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> inputs{0};
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> events{0};  ///< of the records; the others are messages, claims and checkpoints
  std::atomic<std::uint64_t> refusals{0};
  CountHistogram batch_records{kCountBounds};    ///< records of one append
  CountHistogram batch_inputs{kCountBounds};     ///< inputs decided together
  MicrosHistogram append_micros{kMicrosBounds};  ///< of one append, its sync included
  std::atomic<std::uint64_t> queued{0};
  std::atomic<std::uint64_t> active{0};
  std::atomic<std::uint64_t> quarantined{0};
  std::atomic<std::uint64_t> dead_letters{0};
  std::atomic<std::int64_t> overdue_micros{0};
  std::atomic<bool> held{false};         ///< nothing is decided for want of room on the disk
  std::atomic<bool> suspended{false};    ///< nothing is decided until partitions are assigned
  std::atomic<std::uint64_t> alarms{0};  ///< of RunnerOptions::alarm
};

/// Owns some partitions: drains inputs, has the actors decide, appends one batch, answers, releases effects, stores
/// rows. While nobody knows what became of a batch, nothing else is decided. submit() may be called from any thread,
/// everything else from the one that drives step().
class Runner {
 public:
  Runner(RunnerOptions options, log::Log& log, StateStore& store, const Kinds& kinds, caf::actor_system& system,
         EffectSink& effects);
  ~Runner();

  /// Claims a partition, folds what the store lacks, and takes up what its entities owe. Safe to repeat. Fails as
  /// Log::claim and Log::read do; then the partition is not owned.
  Result<void> own(PartitionId partition);
  /// Folds what the store lacks of a partition that is only read; claims nothing, and nothing is owed.
  Result<void> read(PartitionId partition) { return catch_up(partition, log_.head(partition)); }
  /// Lets go of a partition that another runner takes. What waits for it is answered `partition.moved`.
  void disown(PartitionId partition);
  bool owns(PartitionId partition) const { return heads_.count(partition) > 0; }
  /// The same as far as another thread can know.
  bool seems_to_own(PartitionId partition) const { return owned_[partition]; }

  /// Fails: too_many `queue.full` (commands only); unavailable `server.stopping`.
  Result<void> submit(Submission submission);

  /// What is this runner's of all partitions: those that it does not own it reads, to be ready for them. Before step().
  void share(std::vector<PartitionId> partitions) { share_ = std::move(partitions); }
  /// Of its share, what this node is to own from now on: step() claims it, and lets go of all else. Unless it `goes_on`
  /// also what it owned is claimed: others may have had it meanwhile, unseen yet. Any thread.
  void assign(std::set<PartitionId> partitions, bool goes_on);
  /// Between two assignments nothing is decided. Returns when nothing is being appended. Any thread.
  void suspend();
  /// What came by the log's inputs; waits while too much is queued. An earlier session's is left out. Any thread.
  void arrive(PartitionId partition, std::uint64_t session, Submission submission);

  /// From now on this node carries out what is to be done at `host`, or does so no more. Behind it, what is owed there
  /// is asked for again, whatever became of it. In order; any thread.
  void set_host(std::string host, bool attached);

  /// One batch. False when there was nothing to do.
  bool step();
  /// Blocks until there is something to do, or stop() was called.
  void wait();
  /// Refuses what comes from now on; wait() returns at once.
  void stop();
  bool stopping() const { return stopping_; }
  /// Signs every partition as it stands, by one checkpoint in a batch of its own. For the end, when nothing is decided
  /// any more. False when it signed nothing: it owns no partition, has nothing to sign with, does not know what became
  /// of its last batch, or the disk is nearly full.
  bool sign_heads();

  /// Entities that were set aside since the start, and why.
  const std::unordered_map<std::string, std::string>& quarantined() const { return active_.quarantined(); }
  /// It waits for the log's answer, for the next try, or for an assignment. Any thread.
  bool is_with_log() const { return with_log_; }
  /// Counts and tells that a partition cannot be served. Any thread.
  void alarm(PartitionId partition, const Failure& failure);
  const RunnerMetrics& metrics() const { return metrics_; }
  std::size_t queued() const { return metrics_.queued; }

 private:
  friend class Work;
  /// While it lives, and until an append that it began is settled, the runner is with the log.
  class WithLog {
   public:
    explicit WithLog(Runner& runner) : runner_(runner) { runner_.with_log_ = true; }
    WithLog(const WithLog&) = delete;
    WithLog& operator=(const WithLog&) = delete;
    ~WithLog() { runner_.with_log_ = runner_.unsettled_.has_value(); }

   private:
    Runner& runner_;
  };
  /// While it lives the runner cannot be suspended; false: it is.
  class Turning {
   public:
    explicit Turning(Runner& runner);
    Turning(const Turning&) = delete;
    Turning& operator=(const Turning&) = delete;
    ~Turning();
    explicit operator bool() const { return on_; }

   private:
    Runner& runner_;
    bool on_ = false;
  };
  /// Commands of one partition that come by the log's inputs.
  struct Commands {
    std::uint64_t session = 0;
    std::uint64_t arrived = 0;  ///< offset behind the last that came
    std::uint64_t taken = 0;    ///< offset behind the last that is in a batch
    bool missed = false;        ///< what came behind `arrived` found no room
  };
  /// The last attempt to claim a partition failed.
  struct FailedClaim {
    Instant next;      ///< not before
    std::string told;  ///< why, as the server's log has it already
    Instant told_at;
  };
  /// A batch of which nobody knows whether it is in the log.
  struct Unsettled {
    std::unique_ptr<Work> work;
    std::vector<log::BatchPtr> batches;
    std::map<PartitionId, log::Head> claimed;
  };
  std::vector<Submission> take();
  /// Those that wait, are in no batch yet, and have somebody to tell.
  void refuse_commands(const Failure& why);
  bool turn();
  bool decide_batch();
  bool follow_assignment();
  void follow_hosts();
  std::optional<PartitionId> next_to_claim() const;
  bool own_some();
  bool own_missing();
  void claim_failed(PartitionId partition, const Failure& failure);
  bool is_in_doubt(PartitionId partition) const;
  bool may_claim(PartitionId partition) const;
  bool follow_share();
  Result<void> fold_next(PartitionId partition, log::Head& stored);
  void begin_commands(PartitionId partition, std::optional<std::uint64_t> from);
  void read_what_was_missed();
  void drop_arrived(PartitionId partition);
  void drop_queued(PartitionId partition);
  std::vector<log::Consumed> consumed(PartitionId partition);
  bool take_due(Instant now, std::vector<Submission>& inputs);
  std::size_t& waiting_commands(const Input& input);
  void commit(std::unique_ptr<Work> work);
  void committed(Work& work, const std::vector<log::BatchPtr>& batches);
  void answer(Work& work, const std::vector<log::BatchPtr>& batches);
  void refuse(Work& work, const Failure& failure);
  bool settle();
  void settled(Work& work, const std::vector<log::BatchPtr>& batches, const Result<bool>& is_there);
  Result<bool> is_in_log(const log::Batch& batch);
  void leave_what_others_claimed();
  void lose(Work& work, const std::vector<log::BatchPtr>& batches);
  void requeue(Work& work);
  void keep_letters(Work& work);
  void store_rows(Work& work, const std::vector<log::BatchPtr>& batches);
  Result<void> take_up(PartitionId partition, const log::Head& head);
  Result<void> catch_up(PartitionId partition, const log::Head& head);
  void load_agenda(PartitionId partition);
  bool take_on(const std::string& entity, Agenda agenda, bool resumed = false);
  bool checkpoint_due(PartitionId partition, const log::Head& head, Instant now) const;
  std::vector<PartitionId> marks_due(Instant now) const;
  log::Record make_checkpoint(PartitionId partition, const log::Head& head, Instant now);
  void start_effect(AgendaBook::Item item);
  void withdraw_effects();
  bool has_work() const {
    return !queue_.empty() || stopping_ || assigned_ || !host_changes_.empty() || feed_.has_news() ||
           (share_news_ && !suspended_);
  }
  std::uint32_t partition_count() const { return log_.partitions(); }

  const RunnerOptions options_;
  log::Log& log_;
  StateStore& store_;
  const Kinds& kinds_;
  EffectSink& effects_;
  RunnerUnit unit_;
  ActiveEntities active_;
  AgendaBook agenda_;
  BatchLimit limit_;
  std::map<PartitionId, log::Head> heads_;  ///< of owned partitions
  std::vector<std::atomic<bool>> owned_;    ///< the same for other threads, by partition
  std::map<PartitionId, Instant> checkpointed_;
  std::set<PartitionId> unread_;  ///< owned; others read what became of its last commands only with its next record
  std::optional<Unsettled> unsettled_;
  std::atomic<bool> with_log_{false};
  std::vector<PartitionId> share_;
  std::size_t share_next_ = 0;                        ///< place in share_ of the one that is looked at first
  std::set<PartitionId> followed_;                    ///< of its share; the store's rows are known to be of this log
  std::map<PartitionId, FailedClaim> failed_claims_;  ///< of partitions that are to be owned
  RunnerMetrics metrics_;
  std::uint64_t works_ = 0;  ///< that were begun

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Submission> queue_;
  std::map<PartitionId, std::size_t> waiting_commands_;
  std::map<PartitionId, Commands> commands_;
  bool missed_any_ = false;  ///< one of commands_ has missed something
  std::uint64_t last_session_ = 0;
  std::optional<std::set<PartitionId>> assigned_;  ///< and not followed yet
  bool goes_on_ = true;                            ///< false: what is owned may have been others' since the last turn
  std::set<PartitionId> wanted_;                   ///< of the runner's thread: what it was assigned
  std::vector<std::pair<std::string, bool>> host_changes_;  ///< host, attached; not followed yet
  bool suspended_ = false;
  bool turning_ = false;
  std::condition_variable idle_;  ///< told when turning_ ends, and when there is room in the queue
  std::atomic<bool> stopping_{false};
  std::atomic<bool> share_news_{false};  ///< there may be something to follow, which may be to be done here
  std::uint64_t share_watcher_ = 0;
  MessageFeed feed_;  ///< last: told by other threads until it is gone
};

}  // namespace hub::engine
