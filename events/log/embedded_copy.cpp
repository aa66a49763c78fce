#include "events/log/embedded_copy.hpp"

#include <algorithm>

#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/embedded_store.hpp"

namespace hub::log {
namespace {

/// Written at once; what a copy holds in memory is a few times this.
constexpr std::size_t kWriteBytes = 4 << 20;

void must(const char* what, const rocksdb::Status& status) {
  if (!status.ok()) stop_process(what, status);
}

/// Copies one log into another, one partition after the other.
class Copying {
 public:
  Copying(Store& from, Store& to, std::optional<Instant> until)
      : from_(from), to_(to), until_(until), named_(from.meta.partitions) {
    copied_.heads.resize(from.meta.partitions);
    turns_.resize(from.meta.partitions);
  }

  Result<Copied> run() {
    for (PartitionId partition = 0; partition < copied_.heads.size(); ++partition) {
      HUB_TRY(go_on(partition));
    }
    // A signature says how long the other partitions were when it was made: they are no shorter here.
    for (PartitionId partition = 0; partition < copied_.heads.size();) {
      const bool short_of = copied_.heads[partition].seq < named_[partition];
      if (short_of) {
        HUB_TRY(go_on(partition));
      }
      partition = short_of ? 0 : partition + 1;
    }
    write(true);
    return copied_;
  }

 private:
  bool is_wanted(PartitionId partition, const Batch& batch) const {
    return !until_ || batch.end.index_time <= *until_ || batch.end.first <= named_[partition];
  }

  /// From where the copy of the partition ends.
  Result<void> go_on(PartitionId partition) {
    auto& head = copied_.heads[partition];
    const std::unique_ptr<rocksdb::Iterator> rows(from_.db->NewIterator({}, from_.batches));
    const auto before = head.seq;
    for (rows->Seek(batch_key({partition, head.seq + 1, turns_[partition]})); rows->Valid(); rows->Next()) {
      const auto key = parse_batch_key(rows->key().ToStringView());
      if (!key || key->partition != partition) break;
      HUB_TRY(const auto stored, load_batch(*key, rows->value().ToStringView()));
      if (!is_wanted(partition, stored.batch)) break;
      if (const auto fault = follow(stored.batch, head)) return corrupt_at(fault->position, fault->reason);
      add(*key, stored);
    }
    if (!rows->status().ok()) return read_failure({partition, head.seq + 1}, rows->status());
    if (head.seq < named_[partition] && head.seq == before)
      return corrupt_at({partition, head.seq + 1}, "missing, though a checkpoint signs it");
    return success();
  }

  void add(const BatchKey& key, const StoredBatch& stored) {
    const auto& batch = stored.batch;
    turns_[key.partition] = batch.records.empty() ? key.turn + 1 : 0;
    put_batch(pending_, to_, key, stored.link, batch);
    for (const auto& record : batch.records)
      if (record.kind == RecordKind::checkpoint) note_heads(record);
    copied_.records += batch.records.size();
    ++copied_.batches;
    if (pending_.GetDataSize() >= kWriteBytes) write(false);
  }

  void note_heads(const Record& record) {
    const auto checkpoint = parse_checkpoint(record.data);
    if (!checkpoint) return;  // whoever verifies the copy says so
    for (const auto& head : checkpoint.value().heads)
      if (head.partition < named_.size()) named_[head.partition] = std::max(named_[head.partition], head.seq);
  }

  void write(bool last) {
    rocksdb::WriteOptions how;
    how.sync = last;
    must("copying", to_.db->Write(how, &pending_));
    pending_.Clear();
  }

  Store& from_;
  Store& to_;
  const std::optional<Instant> until_;
  std::vector<Seq> named_;            ///< by partition: the highest that a copied signature names
  std::vector<std::uint32_t> turns_;  ///< of the next batch
  rocksdb::WriteBatch pending_;
  Copied copied_;
};

/// Marks the copy as one of the same shared log, with where that is to be read on.
Result<void> keep_as_copy(const Store& from, const Store& to) {
  rocksdb::WriteBatch rows;
  rows.Put(to.rows, kCopyKey, "1");
  for (PartitionId id = 0; id < from.meta.partitions; ++id) {
    std::string resume;
    const auto status = from.db->Get({}, from.rows, resume_key(id), &resume);
    if (!status.ok() && !status.IsNotFound()) return read_failure({id, 0}, status);
    if (status.ok()) rows.Put(to.rows, resume_key(id), resume);
  }
  rocksdb::WriteOptions how;
  how.sync = true;
  must("marking the copy", to.db->Write(how, &rows));
  return success();
}

}  // namespace

Result<Copied> copy_embedded_log(const CopyOptions& options) {
  EmbeddedOptions reading;
  reading.folder = options.from;
  reading.read_only = true;
  HUB_TRY(const auto from, open_store(reading, rocksdb::Env::Default()));
  std::error_code error;
  if (std::filesystem::exists(options.to / "db", error)) return conflict("log.present", "there is a log already");
  EmbeddedOptions writing;
  writing.folder = options.to;
  writing.partitions = from->meta.partitions;
  HUB_TRY(const bool is_shared, is_copy(*from));
  const bool stays = options.stays_copy && is_shared;
  HUB_ASSERT(!stays || !options.until);
  HUB_TRY(const auto to,
          open_store(writing, rocksdb::Env::Default(), stays ? std::optional(from->meta.incarnation) : std::nullopt));
  HUB_TRY(auto copied, Copying(*from, *to, options.until).run());
  if (stays) {
    HUB_TRY(keep_as_copy(*from, *to));
  }
  return copied;
}

}  // namespace hub::log
