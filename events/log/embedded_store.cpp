#include "events/log/embedded_store.hpp"

#include <fcntl.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "events/core/logging.hpp"
#include "events/core/varint.hpp"
#include "events/rocks/locked.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::log {
namespace {

constexpr const char* kMetaKey = "log";
constexpr std::size_t kBlockCacheBytes = 4 << 20;
/// A bucket of the index in memory holds a few entries.
constexpr std::size_t kBytesPerBucket = 256;
constexpr int kOpenFilesMax = 256;
/// Bounds what a start has to read again.
constexpr std::size_t kWalBytesPerBuffer = 4;

/// Background work fails outside any call; the next append must not be the first to tell. A full disk is told loudly
/// and before anything is believed, so what could not be written in the background is written again when there is room.
class StopOnError final : public rocksdb::EventListener {
 public:
  explicit StopOnError(std::shared_ptr<std::atomic<bool>> stalled) : stalled_(std::move(stalled)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    const bool in_background = reason == rocksdb::BackgroundErrorReason::kFlush ||
                               reason == rocksdb::BackgroundErrorReason::kCompaction ||
                               reason == rocksdb::BackgroundErrorReason::kManifestWrite;
    if (!in_background || !status->IsNoSpace()) stop_process("writing in the background", *status);
    if (!stalled_->exchange(true))
      logging::write(logging::Level::error, "the log waits for room on the disk", {{"error", status->ToString()}});
  }

 private:
  std::shared_ptr<std::atomic<bool>> stalled_;
};

rocksdb::DBOptions database_options(const EmbeddedOptions& options, const Store& store) {
  rocksdb::DBOptions db;
  db.env = store.env;
  db.create_if_missing = db.create_missing_column_families = !options.read_only;
  db.paranoid_checks = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.track_and_verify_wals_in_manifest = true;
  db.recycle_log_file_num = 0;
  db.max_total_wal_size = kWalBytesPerBuffer * options.memory_bytes_max;
  db.max_open_files = kOpenFilesMax;
  db.max_background_jobs = 2;
  // Batches come from few threads and wait for the disk; the index of entities has a table that takes one at a time.
  db.allow_concurrent_memtable_write = false;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log = rocks::no_diary();
  db.listeners.push_back(std::make_shared<StopOnError>(store.stalled));
  return db;
}

rocksdb::ColumnFamilyOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache, std::size_t buffer_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = buffer_bytes;
  family.compression = rocksdb::kNoCompression;
  family.force_consistency_checks = true;
  // Writers wait for the disk, never for a compaction.
  family.level0_slowdown_writes_trigger = 64;
  family.level0_stop_writes_trigger = 128;
  return family;
}

rocksdb::ColumnFamilyOptions batch_options(rocksdb::ColumnFamilyOptions family) {
  family.enable_blob_files = true;
  family.min_blob_size = 0;
  family.enable_blob_garbage_collection = false;
  return family;
}

/// An entity's own part of a key in the index of entities: all but the version.
class EntityOfKey final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "computehub.entity"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), key.size() - sizeof(Version)};
  }
  bool InDomain(const rocksdb::Slice& key) const override { return key.size() > sizeof(Version); }
};

/// Ids are hashes, so entries come in no order: a hash table takes one in a fraction of the time of an ordered list.
rocksdb::ColumnFamilyOptions entity_options(rocksdb::ColumnFamilyOptions family) {
  family.prefix_extractor = std::make_shared<EntityOfKey>();
  family.memtable_factory.reset(
      rocksdb::NewHashLinkListRepFactory(family.write_buffer_size / kBytesPerBucket, 0, 4096, false, 64));
  return family;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families(const EmbeddedOptions& options) {
  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  const auto whole = table_options(cache, options.memory_bytes_max);
  const auto half = table_options(cache, options.memory_bytes_max / 2);
  return {{rocksdb::kDefaultColumnFamilyName, half},
          {"batches", batch_options(whole)},
          {"entities", entity_options(half)},
          {"times", half}};
}

Failure open_failure(const rocksdb::Status& status) {
  if (rocks::is_locked(status)) return unavailable("log.locked", "another process has the log open");
  if (status.IsCorruption()) return internal_failure("log.corrupt", status.ToString());
  return unavailable("log.unavailable", status.ToString());
}

Result<void> open_tables(Store& store, const EmbeddedOptions& options) {
  const auto db_options = database_options(options, store);
  const auto tables = (options.folder / kTables).string();
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status = options.read_only
                          ? rocksdb::DB::OpenForReadOnly(db_options, tables, families(options), &handles, &db)
                          : rocksdb::DB::Open(db_options, tables, families(options), &handles, &db);
  if (!status.ok()) return open_failure(status);
  store.db.reset(db);
  store.rows = handles[0];
  store.batches = handles[1];
  store.entities = handles[2];
  store.times = handles[3];
  return success();
}

/// A log whose making was cut short holds nothing but its empty tables; then the first row is written again.
bool holds_batches(Store& store) {
  const std::unique_ptr<rocksdb::Iterator> rows(store.db->NewIterator({}, store.batches));
  rows->SeekToFirst();
  return rows->Valid() || !rows->status().ok();
}

std::uint64_t draw_incarnation() {
  std::uint64_t incarnation = 0;
  const auto random = random_bytes(sizeof incarnation);
  std::memcpy(&incarnation, random.data(), random.size());
  return incarnation;
}

Result<Meta> make_meta(Store& store, const EmbeddedOptions& options, std::optional<std::uint64_t> made_as) {
  if (options.read_only) return not_found("log.absent", "there is no log in this folder");
  if (holds_batches(store)) return internal_failure("log.corrupt", "the log's first row is missing");
  HUB_ASSERT(options.partitions >= 1 && options.partitions <= kShards);
  const Meta meta{options.partitions, made_as ? *made_as : draw_incarnation()};
  rocksdb::WriteOptions write;
  write.sync = true;
  const auto status = store.db->Put(write, store.rows, kMetaKey, encode_meta(meta));
  if (!status.ok()) stop_process("making the log", status);
  return meta;
}

Result<Meta> read_meta(Store& store, const EmbeddedOptions& options, std::optional<std::uint64_t> made_as) {
  std::string bytes;
  const auto status = store.db->Get({}, store.rows, kMetaKey, &bytes);
  if (status.IsNotFound()) return make_meta(store, options, made_as);
  if (!status.ok()) return open_failure(status);
  return decode_meta(bytes);
}

}  // namespace

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder, bool read_only) {
  const auto file = folder / "writer.lock";
  const int descriptor =
      read_only ? open(file.c_str(), O_RDONLY | O_CLOEXEC) : open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (read_only && errno == ENOENT) return FolderLock();
    return unavailable("log.unavailable", std::string("the log's folder cannot be used: ") + std::strerror(errno));
  }
  FolderLock lock(descriptor);
  if (flock(descriptor, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0)
    return unavailable("log.locked", "another process has the log open");
  return lock;
}

Store::~Store() {
  if (!db) return;
  for (auto* handle : {rows, batches, entities, times}) db->DestroyColumnFamilyHandle(handle);
}

Result<std::unique_ptr<Store>> open_store(const EmbeddedOptions& options, rocksdb::Env* env,
                                          std::optional<std::uint64_t> made_as) {
  std::error_code error;
  if (!options.read_only) std::filesystem::create_directories(options.folder / kTables, error);
  if (error) return unavailable("log.unavailable", "the log's folder cannot be made: " + error.message());
  if (options.read_only && !std::filesystem::exists(options.folder / kTables / "CURRENT", error))
    return not_found("log.absent", "there is no log in this folder");
  auto store = std::make_unique<Store>();
  store->folder = options.folder;
  store->env = env;
  HUB_TRY(auto lock, FolderLock::take(options.folder, options.read_only));
  store->lock.emplace(std::move(lock));
  HUB_TRY(open_tables(*store, options));
  HUB_TRY(store->meta, read_meta(*store, options, made_as));
  return store;
}

void mark_copy(Store& store) {
  rocksdb::WriteOptions write;
  write.sync = true;
  const auto status = store.db->Put(write, store.rows, kCopyKey, "1");
  if (!status.ok()) stop_process("marking the copy", status);
}

Result<bool> is_copy(const Store& store) {
  std::string ignored;
  const auto status = store.db->Get({}, store.rows, kCopyKey, &ignored);
  if (!status.ok() && !status.IsNotFound()) return open_failure(status);
  return status.ok();
}

void put_batch(rocksdb::WriteBatch& rows, const Store& store, const BatchKey& key, const Digest& link,
               const Batch& batch) {
  rows.Put(store.batches, batch_key(key), stored_batch(link, batch));
  std::string last;
  append_varint(last, batch.end.last);
  rows.Put(store.times, time_key(batch.partition, batch.end.index_time), last);
  for (const auto& record : batch.records) {
    if (record.kind != RecordKind::event) continue;
    const auto where = entity_place(key, record.seq);
    rows.Put(store.entities, entity_key(record.entity, record.version), where);
    if (!record.parent.empty()) rows.Put(store.entities, entity_key(record.parent, record.parent_version), where);
  }
}

std::string resume_key(PartitionId partition) {
  return "resume:" + std::to_string(partition);
}

Failure read_failure(Position position, const rocksdb::Status& status) {
  return corrupt_at(position, status.ToString());
}

bool resume(Store& store) {
  // Before it is tried, so that another failure meanwhile is not forgotten.
  store.stalled->store(false);
  const auto status = store.db->Resume();
  if (!status.ok()) store.stalled->store(true);
  return status.ok();
}

void stop_process(const char* what, const rocksdb::Status& status) {
  logging::write_last("the log failed; the process ends, so that nothing is acknowledged that may not be on disk",
                      {{"while", what}, {"error", status.ToString()}});
  std::abort();
}

}  // namespace hub::log
