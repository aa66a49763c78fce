#include "events/log/embedded_log.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "events/log/chain.hpp"
#include "events/log/claim.hpp"
#include "events/log/embedded_indexes.hpp"
#include "events/log/embedded_log_env.hpp"
#include "events/log/embedded_queries.hpp"
#include "events/log/embedded_store.hpp"
#include "events/log/head_marks.hpp"
#include "events/log/watchers.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::log {
namespace {

/// Writers are let in when there is room, so the database goes on within moments; else something else is wrong.
constexpr std::chrono::seconds kResumePatience{5};
constexpr std::chrono::milliseconds kResumePause{20};

struct Partition {
  std::mutex writing;  ///< held over a whole append, so that watchers are told in order
  std::mutex reading;  ///< guards what follows
  Head head;
  std::uint32_t turn = 0;  ///< of the next batch: how many without records stand behind the last record
};

class EmbeddedLog final : public Log {
 public:
  EmbeddedLog(std::unique_ptr<Store> store, const EmbeddedOptions& options)
      : store_(std::move(store)), options_(options), partitions_(store_->meta.partitions) {}

  /// Finds the heads and holds them against the marks. Fails: internal `log.corrupt`.
  Result<void> recover();

  std::uint32_t partitions() const override { return store_->meta.partitions; }
  std::uint64_t incarnation() const override { return store_->meta.incarnation; }
  Result<Head> claim(PartitionId partition, std::string_view node) override;
  Append append(const std::vector<BatchPtr>& batches) override;
  Result<std::vector<BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override;
  Head head(PartitionId partition) override;
  Result<std::vector<EntityRecord>> history(std::string_view entity, Version from, std::size_t count_max) override {
    return read_history(*store_, entity, from, count_max);
  }
  Result<Seq> seq_at(PartitionId partition, Instant at) override { return find_seq_at(*store_, partition, at); }
  std::unique_ptr<IndexCheck> check_indexes() override { return log::check_indexes(*store_); }
  std::uint64_t watch(Watcher watcher) override { return watchers_.add(std::move(watcher)); }
  void unwatch(std::uint64_t id) override { watchers_.remove(id); }

 private:
  using Locks = std::vector<std::unique_lock<std::mutex>>;
  Partition& at(PartitionId partition) {
    HUB_ASSERT(partition < partitions_.size());
    return partitions_[partition];
  }
  Locks lock_in_order(const std::vector<BatchPtr>& batches);
  /// After a full disk: waits until the database takes writes again.
  void go_on_after_full_disk();
  /// Needs the partitions' `writing` locks and batches that continue their heads.
  void commit(const std::vector<BatchPtr>& batches);
  HeadMarks::Seqs durable_seqs();

  const std::unique_ptr<Store> store_;
  const EmbeddedOptions options_;
  std::vector<Partition> partitions_;
  Watchers watchers_;
  std::unique_ptr<HeadMarks> marks_;
};

Result<void> EmbeddedLog::recover() {
  HUB_TRY(const auto marks, HeadMarks::read(store_->folder, store_->env));
  for (PartitionId id = 0; id < partitions(); ++id) {
    HUB_TRY(const auto tail, read_tail(*store_, id));
    partitions_[id].head = tail.head;
    partitions_[id].turn = tail.turn;
    HUB_TRY(HeadMarks::check(marks, id, tail.head.seq));
  }
  if (!options_.read_only)
    marks_ = std::make_unique<HeadMarks>(store_->folder, store_->env, [this] { return durable_seqs(); });
  return success();
}

HeadMarks::Seqs EmbeddedLog::durable_seqs() {
  HeadMarks::Seqs seqs;
  seqs.reserve(partitions_.size());
  for (PartitionId id = 0; id < partitions(); ++id) seqs.push_back(head(id).seq);
  return seqs;
}

Head EmbeddedLog::head(PartitionId partition) {
  auto& place = at(partition);
  const std::lock_guard lock(place.reading);
  return place.head;
}

Result<Head> EmbeddedLog::claim(PartitionId partition, std::string_view node) {
  if (options_.read_only) return unavailable("log.unavailable", "the log is open for reading only");
  auto& place = at(partition);
  const std::lock_guard lock(place.writing);
  Head head = place.head;
  commit({std::make_shared<const Batch>(claim_batch(partition, head, {node, {}}, wall_now()))});
  return head;
}

EmbeddedLog::Locks EmbeddedLog::lock_in_order(const std::vector<BatchPtr>& batches) {
  std::vector<PartitionId> touched;
  touched.reserve(batches.size());
  for (const auto& batch : batches) touched.push_back(batch->partition);
  std::sort(touched.begin(), touched.end());
  HUB_ASSERT(std::adjacent_find(touched.begin(), touched.end()) == touched.end());
  Locks locks;
  locks.reserve(touched.size());
  for (const auto partition : touched) locks.emplace_back(at(partition).writing);
  return locks;
}

Append EmbeddedLog::append(const std::vector<BatchPtr>& batches) {
  if (options_.read_only) return Append::fenced;
  if (batches.empty()) return Append::committed;
  const auto locks = lock_in_order(batches);
  // Only a holder of `writing` changes a head, so it may be looked at here.
  for (const auto& batch : batches)
    if (!continues(*batch, at(batch->partition).head)) return Append::fenced;
  commit(batches);
  return Append::committed;
}

void EmbeddedLog::go_on_after_full_disk() {
  const auto end = std::chrono::steady_clock::now() + kResumePatience;
  while (!resume(*store_)) {
    if (std::chrono::steady_clock::now() > end)
      stop_process("waiting for room on the disk", rocksdb::Status::NoSpace());
    std::this_thread::sleep_for(kResumePause);
  }
}

void EmbeddedLog::commit(const std::vector<BatchPtr>& batches) {
  if (store_->stalled->load(std::memory_order_relaxed)) go_on_after_full_disk();
  rocksdb::WriteBatch rows;
  for (const auto& batch : batches) {
    const auto& place = at(batch->partition);
    put_batch(rows, *store_, {batch->partition, batch->end.first, place.turn}, place.head.hash, *batch);
  }
  rocksdb::WriteOptions write;
  write.sync = options_.sync;
  const auto begun = std::chrono::steady_clock::now();
  const auto status = store_->db->Write(write, &rows);
  if (options_.figures)
    options_.figures->wrote(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun));
  if (!status.ok()) stop_process("writing a batch", status);
  for (const auto& batch : batches) {
    auto& place = at(batch->partition);
    const std::lock_guard lock(place.reading);
    place.turn = batch->records.empty() ? place.turn + 1 : 0;
    place.head = {batch->end.last, batch->end.epoch, batch->end.hash, batch->end.index_time};
  }
  marks_->moved();
  watchers_.tell(batches);
}

Result<std::vector<BatchPtr>> EmbeddedLog::read(PartitionId partition, Seq from, std::size_t bytes_max) {
  if (from > head(partition).seq) return std::vector<BatchPtr>{};
  return read_batches(*store_, partition, std::max<Seq>(from, 1), bytes_max);
}

}  // namespace

Result<std::unique_ptr<Log>> open_embedded_log_on(const EmbeddedOptions& options, rocksdb::Env* env) {
  HUB_TRY(auto store, open_store(options, env));
  // What is added to a copy is nowhere else, and all that is added elsewhere no longer follows it.
  HUB_TRY(const bool copied, is_copy(*store));
  if (copied && !options.read_only)
    return conflict("log.copy",
                    "the folder holds this node's copy of a log on Kafka, to which nothing may be added here: "
                    "use --log kafka, or bring the log back with migrate --from kafka --to embedded");
  auto log = std::make_unique<EmbeddedLog>(std::move(store), options);
  HUB_TRY(log->recover());
  return std::unique_ptr<Log>(std::move(log));
}

Result<std::unique_ptr<Log>> open_embedded_log(const EmbeddedOptions& options) {
  return open_embedded_log_on(options, rocks::patient_env());
}

}  // namespace hub::log
