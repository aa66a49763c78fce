#include "projections/accounts/access_store.hpp"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "events/core/logging.hpp"
#include "events/core/varint.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::accounts {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr char kRowPrefix = 'r';    ///< "r" + entity id → row
constexpr char kPlacePrefix = 'p';  ///< "p" + partition → seq, hash

[[noreturn]] void stop_on_failed_write(const rocksdb::Status& status) {
  logging::write_last("writing the access rows failed; the process ends", {{"error", status.ToString()}});
  std::abort();
}

void must(const rocksdb::Status& status) {
  if (!status.ok()) stop_on_failed_write(status);
}

rocksdb::Options options() {
  rocksdb::Options options;
  options.env = rocks::patient_env();
  options.info_log = rocks::no_diary();
  options.create_if_missing = true;
  options.write_buffer_size = 1 << 20;
  options.max_open_files = 32;
  options.max_background_jobs = 1;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;  // read once, at the start
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::string key_of(char prefix, std::string_view rest) {
  std::string key(1, prefix);
  key += rest;
  return key;
}

std::string encode_place(const FoldedTo& place) {
  std::string bytes;
  append_varint(bytes, place.seq);
  bytes += as_bytes(place.hash);
  return bytes;
}

bool decode_place(std::string_view bytes, FoldedTo& place) {
  if (!take_varint(bytes, place.seq) || bytes.size() != place.hash.size()) return false;
  std::copy(bytes.begin(), bytes.end(), place.hash.begin());
  return true;
}

/// What is on disk, as read.
struct Rows {
  std::map<std::string, std::string> entities;
  std::vector<FoldedTo> places;
};

Result<Rows> read_rows(const std::filesystem::path& folder, std::uint32_t partitions) {
  std::error_code error;
  if (!std::filesystem::exists(folder / "CURRENT", error))
    return not_found("projection.absent", "there is no such projection");
  auto reading = options();
  reading.create_if_missing = false;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(reading, folder.string(), &opened);
  if (!status.ok()) return internal_failure("projection.corrupt", status.ToString());
  const std::unique_ptr<rocksdb::DB> db(opened);
  Rows rows{{}, std::vector<FoldedTo>(partitions)};
  const std::unique_ptr<rocksdb::Iterator> each(db->NewIterator(rocksdb::ReadOptions()));
  for (each->SeekToFirst(); each->Valid(); each->Next()) {
    const auto key = each->key().ToStringView(), value = each->value().ToStringView();
    if (key.front() == kRowPrefix) rows.entities.emplace(key.substr(1), value);
    if (key.front() != kPlacePrefix) continue;
    const auto partition = std::strtoul(std::string(key.substr(1)).c_str(), nullptr, 10);
    if (partition >= partitions || !decode_place(value, rows.places[partition]))
      return internal_failure("projection.corrupt", "a place is malformed");
  }
  if (!each->status().ok()) return internal_failure("projection.corrupt", each->status().ToString());
  return rows;
}

/// Folds a partition up to `last`; the entities that changed are noted.
Result<void> fold_up_to(log::Log& log, PartitionId partition, Seq last, AccessTable& table,
                        std::set<std::string>& changed) {
  for (Seq next = 1; next <= last;) {
    HUB_TRY(const auto batches, log.read(partition, next, kReadBytes));
    for (const auto& batch : batches) {
      if (batch->end.last > last) break;
      for (const auto& record : batch->records) table.apply(partition, record, changed);
    }
    if (batches.empty()) break;
    next = batches.back()->end.last + 1;
  }
  return success();
}

}  // namespace

AccessStore::AccessStore(log::Log& log, std::unique_ptr<rocksdb::DB> rows)
    : log_(log), rows_(std::move(rows)), folded_(log.partitions()), written_(log.partitions(), 0) {}

Result<std::unique_ptr<AccessStore>> AccessStore::open(const std::filesystem::path& folder, log::Log& log) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  rocksdb::DB* opened = nullptr;
  if (const auto status = rocksdb::DB::Open(options(), folder.string(), &opened); !status.ok()) {
    // The rows are derived: what cannot be opened is made anew.
    if (!status.IsCorruption()) return internal_failure("access.store", "the access rows cannot be opened");
    must(rocksdb::DestroyDB(folder.string(), options()));
    must(rocksdb::DB::Open(options(), folder.string(), &opened));
  }
  std::unique_ptr<AccessStore> store(new AccessStore(log, std::unique_ptr<rocksdb::DB>(opened)));
  HUB_TRY(const bool loaded, store->load());
  if (!loaded) store->clear();
  // The watcher first: what comes now is seen by it or read by catch_up(), whichever of them meets it in its turn.
  store->watcher_ = log.watch([raw = store.get()](const auto& batches) { raw->on_batches(batches); });
  store->writer_ = std::thread([raw = store.get()] { raw->write_loop(); });
  HUB_TRY(store->catch_up());
  return store;
}

Result<void> AccessStore::rebuild(const std::filesystem::path& folder, log::Log& log) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !rocksdb::DestroyDB(folder.string(), options()).ok())
    return unavailable("projection.locked", "another process has the projection open");
  // Its end writes what it has folded.
  HUB_TRY(open(folder, log));
  return success();
}

Result<AccessStore::Verified> AccessStore::verify(const std::filesystem::path& folder, log::Log& log) {
  HUB_TRY(const auto rows, read_rows(folder, log.partitions()));
  AccessTable table;
  HUB_TRY(const auto first, log.read(0, 1, 1));
  if (!first.empty()) table.made_at(first.front()->end.index_time);
  std::set<std::string> changed;
  Verified verified{true, rows.entities.size(), 0};
  for (PartitionId partition = 0; partition < rows.places.size(); ++partition) {
    const auto& place = rows.places[partition];
    if (place.seq == 0) continue;
    HUB_TRY(const bool fits, follows(log, partition, place));
    if (!fits) return invalid("projection.other_log", "the rows are not of this log");
    HUB_TRY(fold_up_to(log, partition, place.seq, table, changed));
    verified.records += place.seq;
  }
  const auto kept =
      std::count_if(changed.begin(), changed.end(), [&](const auto& id) { return !table.row(id).empty(); });
  verified.equal = static_cast<std::size_t>(kept) == rows.entities.size();
  for (const auto& [id, row] : rows.entities) verified.equal = verified.equal && table.row(id) == row;
  return verified;
}

AccessStore::~AccessStore() {
  if (!writer_.joinable()) return;
  log_.unwatch(watcher_);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = due_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

/// False when the rows are no good, or do not follow from what this log holds.
Result<bool> AccessStore::load() {
  const std::unique_ptr<rocksdb::Iterator> each(rows_->NewIterator(rocksdb::ReadOptions()));
  for (each->SeekToFirst(); each->Valid(); each->Next()) {
    const auto key = each->key().ToStringView(), value = each->value().ToStringView();
    if (key.front() == kRowPrefix && !table_->load(key.substr(1), value)) return false;
    if (key.front() != kPlacePrefix) continue;
    const auto partition = static_cast<PartitionId>(std::strtoul(std::string(key.substr(1)).c_str(), nullptr, 10));
    FoldedTo place;
    if (partition >= folded_.size() || !decode_place(value, place)) return false;
    HUB_TRY(const bool good, follows(log_, partition, place));
    if (!good) return false;
    folded_[partition] = place;
    written_[partition] = place.seq;
  }
  return each->status().ok() && table_->broken() == 0;
}

/// Whether the log still has the batch that was folded last.
Result<bool> AccessStore::follows(log::Log& log, PartitionId partition, const FoldedTo& place) {
  if (place.seq > log.head(partition).seq) return false;
  HUB_TRY(const auto batches, log.read(partition, place.seq, 1));
  // Batches without records may come in front of it.
  return std::any_of(batches.begin(), batches.end(), [&](const log::BatchPtr& batch) {
    return batch->end.last == place.seq && batch->end.hash == place.hash;
  });
}

void AccessStore::clear() {
  rocksdb::WriteBatch none;
  must(none.DeleteRange(rocksdb::Slice(), rocksdb::Slice("\xff")));
  must(rows_->Write(rocksdb::WriteOptions(), &none));
  table_ = std::make_unique<AccessTable>();
  folded_.assign(folded_.size(), {});
  written_.assign(written_.size(), 0);
}

// --- following the log ---

Result<void> AccessStore::catch_up() {
  HUB_TRY(const auto first, log_.read(0, 1, 1));
  if (!first.empty()) table_->made_at(first.front()->end.index_time);
  for (PartitionId partition = 0; partition < folded_.size(); ++partition) {
    HUB_TRY(catch_up(partition));
  }
  // The writer may wait already, and nobody else tells it before the next batch.
  wake_.notify_one();
  return success();
}

Result<void> AccessStore::catch_up(PartitionId partition) {
  for (;;) {
    Seq next = 0;
    {
      const std::lock_guard lock(mutex_);
      next = folded_[partition].seq + 1;
    }
    HUB_TRY(const auto batches, log_.read(partition, next, kReadBytes));
    const std::lock_guard lock(mutex_);
    for (const auto& batch : batches)
      if (apply(*batch)) caught_up_ += batch->records.size();
    if (folded_[partition].seq < next) return success();
  }
}

void AccessStore::on_batches(const std::vector<log::BatchPtr>& batches) {
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& batch : batches) apply(*batch);
    due = due_;
  }
  if (due) wake_.notify_one();
}

/// False for a batch that was folded already, or whose turn has not come: then catch_up() will read it.
bool AccessStore::apply(const log::Batch& batch) {
  auto& place = folded_[batch.partition];
  if (batch.records.empty() || batch.end.first != place.seq + 1) return false;
  if (batch.partition == 0 && batch.end.first == 1) table_->made_at(batch.end.index_time);
  for (const auto& record : batch.records) {
    table_->apply(batch.partition, record, changed_);
    due_ = due_ || !changed_.empty();
  }
  place = {batch.end.last, batch.end.hash};
  if (place.seq >= written_[batch.partition] + kPositionEvery) due_ = true;
  return true;
}

// --- the disk ---

void AccessStore::write_loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return due_; });
    flush(lock);
    if (stopping_) return;
  }
}

void AccessStore::wait_written() {
  std::unique_lock lock(mutex_);
  written_all_.wait(lock, [&] { return !due_ && !writing_; });
}

void AccessStore::flush(std::unique_lock<std::mutex>& lock) {
  // One cut: rows and places as they are under the lock.
  rocksdb::WriteBatch cut;
  for (const auto& id : changed_) {
    const auto row = table_->row(id);
    must(row.empty() ? cut.Delete(key_of(kRowPrefix, id)) : cut.Put(key_of(kRowPrefix, id), row));
  }
  for (PartitionId partition = 0; partition < folded_.size(); ++partition) {
    if (folded_[partition].seq == written_[partition]) continue;
    must(cut.Put(key_of(kPlacePrefix, std::to_string(partition)), encode_place(folded_[partition])));
    written_[partition] = folded_[partition].seq;
  }
  changed_.clear();
  due_ = false;
  writing_ = true;
  const bool last = stopping_;
  lock.unlock();
  rocksdb::WriteOptions how;
  how.sync = last;
  must(rows_->Write(how, &cut));
  lock.lock();
  writing_ = false;
  written_all_.notify_all();
  due_ = due_ || (stopping_ && !last);
}

}  // namespace hub::accounts
