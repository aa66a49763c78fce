#include "events/log/stored_log.hpp"

#include "events/log/embedded_layout.hpp"
#include "events/log/embedded_queries.hpp"
#include "events/log/embedded_store.hpp"
#include "events/log/head_marks.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::log {
namespace {

void write_durably(Store& store, rocksdb::WriteBatch& rows) {
  rocksdb::WriteOptions write;
  write.sync = true;
  const auto status = store.db->Write(write, &rows);
  if (!status.ok()) stop_process("saying whose log it is", status);
}

}  // namespace

Result<std::unique_ptr<StoredLog>> StoredLog::open(const std::filesystem::path& folder) {
  EmbeddedOptions options;
  options.folder = folder;
  std::error_code error;
  if (!std::filesystem::exists(folder / kTables / "CURRENT", error))
    return not_found("log.absent", "there is no log in this folder");
  std::unique_ptr<StoredLog> log(new StoredLog);
  HUB_TRY(log->store_, open_store(options, rocks::patient_env()));
  HUB_TRY(log->is_copy_, log::is_copy(*log->store_));
  HUB_TRY(const auto marks, HeadMarks::read(folder, log->store_->env));
  for (PartitionId id = 0; id < log->partitions(); ++id) {
    HUB_TRY(const auto tail, read_tail(*log->store_, id));
    HUB_TRY(HeadMarks::check(marks, id, tail.head.seq));
    log->heads_.push_back(tail.head);
  }
  return log;
}

StoredLog::~StoredLog() = default;

std::uint32_t StoredLog::partitions() const {
  return store_->meta.partitions;
}

std::uint64_t StoredLog::incarnation() const {
  return store_->meta.incarnation;
}

std::uint64_t StoredLog::records() const {
  std::uint64_t all = 0;
  for (const auto& head : heads_) all += head.seq;
  return all;
}

Result<std::vector<std::string>> StoredLog::resumes() const {
  std::vector<std::string> all(partitions());
  for (PartitionId id = 0; id < partitions(); ++id) {
    const auto status = store_->db->Get({}, store_->rows, resume_key(id), &all[id]);
    if (!status.ok() && !status.IsNotFound()) return read_failure({id, 0}, status);
  }
  return all;
}

void StoredLog::make_copy(const std::vector<std::string>& resumes) {
  HUB_ASSERT(resumes.size() == partitions());
  rocksdb::WriteBatch rows;
  rows.Put(store_->rows, kCopyKey, "1");
  for (PartitionId id = 0; id < partitions(); ++id) rows.Put(store_->rows, resume_key(id), resumes[id]);
  write_durably(*store_, rows);
  is_copy_ = true;
}

void StoredLog::make_own() {
  rocksdb::WriteBatch rows;
  rows.Delete(store_->rows, kCopyKey);
  for (PartitionId id = 0; id < partitions(); ++id) rows.Delete(store_->rows, resume_key(id));
  write_durably(*store_, rows);
  is_copy_ = false;
}

StoredLog::Walk::Walk(const StoredLog& log, PartitionId partition)
    : partition_(partition), rows_(log.store_->db->NewIterator({}, log.store_->batches)) {
  rows_->Seek(batch_key({partition, 1, 0}));
}

StoredLog::Walk::~Walk() = default;

Result<bool> StoredLog::Walk::go_behind(const BatchEnd& end) {
  for (rows_->Seek(batch_key({partition_, end.first, 0})); rows_->Valid(); rows_->Next()) {
    const auto key = parse_batch_key(rows_->key().ToStringView());
    if (!key || key->partition != partition_ || key->first != end.first) break;
    HUB_TRY(const auto stored, load_batch(*key, rows_->value().ToStringView()));
    if (stored.batch.end != end) continue;
    head_ = {end.last, end.epoch, end.hash, end.index_time};
    rows_->Next();
    return true;
  }
  if (!rows_->status().ok()) return read_failure({partition_, end.first}, rows_->status());
  return false;
}

Result<BatchPtr> StoredLog::Walk::next() {
  const auto key = rows_->Valid() ? parse_batch_key(rows_->key().ToStringView()) : std::nullopt;
  if (!rows_->status().ok()) return read_failure({partition_, head_.seq + 1}, rows_->status());
  if (!key || key->partition != partition_) return BatchPtr();
  HUB_TRY(auto stored, load_batch(*key, rows_->value().ToStringView()));
  const auto& end = stored.batch.end;
  // What is inside has verified; this is its place behind the one before.
  if (end.first != head_.seq + 1 || stored.link != head_.hash || end.epoch < head_.epoch ||
      end.index_time < head_.index_time)
    return corrupt_at({partition_, head_.seq + 1}, "the batch does not continue the one before");
  head_ = {end.last, end.epoch, end.hash, end.index_time};
  rows_->Next();
  return std::make_shared<const Batch>(std::move(stored.batch));
}

}  // namespace hub::log
