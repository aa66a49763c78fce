#include "actors/engine/rows.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

#include "events/core/instant.hpp"
#include "events/core/logging.hpp"
#include "events/core/varint.hpp"
#include "events/rocks/locked.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kWriteBufferBytes = 16 << 20;
/// Files that wait before they are merged: rows come at random ids, so each merge rewrites most of what is there.
constexpr int kFilesPerMerge = 8;
/// Of a write buffer: tells at once that an id is new, which most looked-up ids of creates are.
constexpr double kBloomShare = 0.05;
constexpr int kResumeAttempts = 200;
constexpr std::chrono::milliseconds kResumePause{20};
constexpr std::size_t kCacheBytes = 16 << 20;
/// Of the cache: each takes what is no larger than its part.
constexpr int kCacheShardBits = 2;

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

/// Going on after a failed write would answer with what is not stored.
void require(const rocksdb::Status& status) {
  if (status.ok()) return;
  logging::write_last("the state store failed; the process ends", {{"error", status.ToString()}});
  std::_Exit(EXIT_FAILURE);
}

class DropExpiredCommands final : public rocksdb::CompactionFilter {
 public:
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const override {
    if (key.empty() || key[0] != 'c') return false;
    auto rest = view(value);
    std::uint64_t expires = 0;
    return take_varint(rest, expires) && expires != 0 && expires < static_cast<std::uint64_t>(wall_now().micros);
  }
  const char* Name() const override { return "computehub.drop_expired_commands"; }
};

class RocksRows final : public Rows {
 public:
  explicit RocksRows(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

  bool get(std::string_view key, std::string& value) override {
    rocksdb::PinnableSlice pinned;
    const auto status = db_->Get({}, db_->DefaultColumnFamily(), slice(key), &pinned);
    if (status.IsNotFound()) return false;
    require(status);
    value.assign(pinned.data(), pinned.size());
    return true;
  }

  void write(const RowChanges& changes) override {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    write(changes, options);
  }

  void write_durably(const RowChanges& changes) override {
    rocksdb::WriteOptions options;
    options.sync = true;
    write(changes, options);
  }

  void scan_from(std::string_view prefix, std::string_view from, const Visitor& visitor) override {
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options));
    for (at->Seek(slice(from)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next())
      if (!visitor(view(at->key()), view(at->value()))) return;
    require(at->status());
  }

  void flush() override {
    const auto status = db_->Flush({});
    if (!status.IsNoSpace()) return require(status);
    // The log has it all: what is not flushed is folded again at the next start.
    logging::write(logging::Level::warning, "no room to flush the state; the next start reads it from the log");
  }

 private:
  void write(const RowChanges& changes, const rocksdb::WriteOptions& options) {
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] : changes) require(value ? batch.Put(key, *value) : batch.Delete(key));
    auto status = db_->Write(options, &batch);
    // A full disk stopped it in the background; writers are let in again when there is room.
    for (int attempt = 0; status.IsNoSpace() && attempt < kResumeAttempts; ++attempt) {
      std::this_thread::sleep_for(kResumePause);
      static_cast<void>(db_->Resume());
      status = db_->Write(options, &batch);
    }
    require(status);
  }

  std::unique_ptr<rocksdb::DB> db_;
};

class MemoryRows final : public Rows {
 public:
  bool get(std::string_view key, std::string& value) override {
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find(key);
    if (found == rows_.end()) return false;
    value = found->second;
    return true;
  }
  void write(const RowChanges& changes) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : changes) {
      if (value)
        rows_[key] = *value;
      else
        rows_.erase(key);
    }
  }
  void scan_from(std::string_view prefix, std::string_view from, const Visitor& visitor) override {
    const std::lock_guard lock(mutex_);
    for (auto at = rows_.lower_bound(from); at != rows_.end() && at->first.starts_with(prefix); ++at)
      if (!visitor(at->first, at->second)) return;
  }
  void flush() override {}

 private:
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> rows_;
};

rocksdb::Options options() {
  static const DropExpiredCommands filter;
  rocksdb::Options options;
  options.env = rocks::patient_env();
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.write_buffer_size = kWriteBufferBytes;
  options.memtable_prefix_bloom_size_ratio = kBloomShare;
  options.memtable_whole_key_filtering = true;
  options.max_write_buffer_number = 3;
  options.level0_file_num_compaction_trigger = kFilesPerMerge;
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.info_log = rocks::no_diary();
  options.compaction_filter = &filter;
  options.compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes, kCacheShardBits);
  // In parts: the filter of a table with a million rows is larger than what the cache takes as one block, and would be
  // read from disk for each id that is looked up.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

Result<std::unique_ptr<Rows>> open_rocks_rows(const std::filesystem::path& folder) {
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(options(), folder.string(), &opened);
  if (rocks::is_locked(status))
    return unavailable("log.locked", "another process has " + folder.parent_path().string() +
                                         " open: stop it first, or give another --data");
  if (!status.ok()) return internal_failure("state.unusable", "the state store does not open: " + status.ToString());
  return std::unique_ptr<Rows>(std::make_unique<RocksRows>(std::unique_ptr<rocksdb::DB>(opened)));
}

std::unique_ptr<Rows> make_memory_rows() {
  return std::make_unique<MemoryRows>();
}

}  // namespace hub::engine
