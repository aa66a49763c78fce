#include "projections/core/store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "events/core/logging.hpp"
#include "events/core/varint.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::projections {
namespace {

constexpr int kResumeAttempts = 500;
constexpr std::chrono::milliseconds kResumePause{20};
constexpr std::string_view kMarksKey = "P";
constexpr std::string_view kDamaged = "DAMAGED";
constexpr std::size_t kWriteBufferBytes = 16U << 20U;
constexpr std::size_t kFileBytes = 32U << 20U;
constexpr std::size_t kBlockBytes = 4U << 10U;
constexpr double kBloomBitsPerKey = 10;
/// Of a write buffer: tells at once that a key is not in it.
constexpr double kBloomShare = 0.05;
constexpr std::int64_t kBackgroundBytesPerSecond = 64 << 20;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

rocksdb::Options options_for(const StoreResources& resources) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = resources.cache;
  table.block_size = kBlockBytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.env = rocks::patient_env();
  options.create_if_missing = true;
  options.write_buffer_size = kWriteBufferBytes;
  options.memtable_prefix_bloom_size_ratio = kBloomShare;
  options.memtable_whole_key_filtering = true;
  options.target_file_size_base = kFileBytes;
  options.write_buffer_manager = resources.write_buffers;
  options.rate_limiter = resources.rate_limiter;
  options.compression = rocksdb::kLZ4Compression;
  options.max_background_jobs = 1;
  options.level_compaction_dynamic_level_bytes = true;
  options.info_log = rocks::no_diary();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::string encode(const Marks& marks) {
  std::string bytes;
  append_varint(bytes, marks.incarnation);
  for (const auto& mark : marks.partitions) {
    append_varint(bytes, mark.seq);
    append_varint(bytes, static_cast<std::uint64_t>(mark.index_time.micros));
    bytes += as_bytes(mark.hash);
  }
  return bytes;
}

bool take_mark(std::string_view& bytes, Mark& mark) {
  std::uint64_t micros = 0;
  if (!take_varint(bytes, mark.seq) || !take_varint(bytes, micros) || bytes.size() < mark.hash.size()) return false;
  mark.index_time = {static_cast<std::int64_t>(micros)};
  std::copy_n(bytes.begin(), mark.hash.size(), mark.hash.begin());
  bytes.remove_prefix(mark.hash.size());
  return true;
}

std::optional<Marks> decode_marks(std::string_view bytes) {
  Marks marks;
  if (!take_varint(bytes, marks.incarnation)) return std::nullopt;
  while (!bytes.empty())
    if (marks.partitions.size() == kShards || !take_mark(bytes, marks.partitions.emplace_back())) return std::nullopt;
  return marks;
}

std::optional<std::string> read(rocksdb::DB& db, const rocksdb::ReadOptions& options, std::string_view key) {
  std::string value;
  const auto status = db.Get(options, slice(key), &value);
  if (status.ok()) return value;
  if (!status.IsNotFound()) stop_on_bad_read(db, status);
  return std::nullopt;
}

Failure failure_of(const rocksdb::Status& status, Store::Mode mode) {
  const auto text = status.ToString();
  if (status.IsIOError() &&
      (text.find("lock file") != std::string::npos || text.find("lock hold") != std::string::npos))
    return unavailable("projection.locked", "another process uses the projection");
  const bool absent =
      text.find("does not exist") != std::string::npos || status.IsNotFound() || status.IsPathNotFound();
  if (mode == Store::Mode::read_only && absent) return not_found("projection.absent", "there is no such projection");
  return internal_failure("projection.corrupt", text);
}

}  // namespace

StoreResources make_resources(std::size_t cache_bytes, std::size_t write_buffer_bytes) {
  StoreResources resources;
  resources.cache = rocksdb::NewLRUCache(cache_bytes);
  resources.write_buffers = std::make_shared<rocksdb::WriteBufferManager>(write_buffer_bytes);
  resources.rate_limiter.reset(rocksdb::NewGenericRateLimiter(kBackgroundBytesPerSecond));
  return resources;
}

Cursor cursor_of(const Marks& marks) {
  Cursor cursor{marks.incarnation, {}};
  cursor.seqs.reserve(marks.partitions.size());
  for (const auto& mark : marks.partitions) cursor.seqs.push_back(mark.seq);
  return cursor;
}

Result<std::shared_ptr<Store>> Store::open(const std::filesystem::path& folder, const StoreResources& resources,
                                           Mode mode) {
  const auto options = options_for(resources);
  rocksdb::DB* raw = nullptr;
  std::error_code ignored;
  if (std::filesystem::exists(folder / kDamaged, ignored))
    return internal_failure("projection.corrupt", "damaged rows were found in it");
  if (mode == Mode::write) std::filesystem::create_directories(folder, ignored);
  const auto status = mode == Mode::write ? rocksdb::DB::Open(options, folder.string(), &raw)
                                          : rocksdb::DB::OpenForReadOnly(options, folder.string(), &raw);
  if (!status.ok()) return failure_of(status, mode);
  std::shared_ptr<Store> store(new Store(std::unique_ptr<rocksdb::DB>(raw), folder));
  const auto bytes = store->get(kMarksKey);
  if (!bytes) return store;
  store->marks_at_open_ = decode_marks(*bytes);
  if (!store->marks_at_open_) return internal_failure("projection.corrupt", "the row of marks cannot be read");
  return store;
}

Store::Store(std::unique_ptr<rocksdb::DB> db, std::filesystem::path folder)
    : folder_(std::move(folder)), db_(std::move(db)) {}

Store::~Store() {
  db_.reset();
  std::error_code ignored;
  if (remove_when_closed_) std::filesystem::remove_all(folder_, ignored);
}

const std::string* RecentRows::find(std::string_view key) const {
  const std::string name(key);
  for (const auto* generation : {&young_, &old_})
    if (const auto found = generation->find(name); found != generation->end()) return &found->second;
  return nullptr;
}

void RecentRows::put(std::string key, std::string value) {
  tables_.set(static_cast<unsigned char>(key.front()));
  bytes_ += key.size() + value.size();
  young_.insert_or_assign(std::move(key), std::move(value));
  if (bytes_ < kBytesMax) return;
  old_ = std::exchange(young_, {});
  bytes_ = 0;
}

void RecentRows::forget(std::string_view key) {
  if (!tables_.test(static_cast<unsigned char>(key.front()))) return;
  const std::string name(key);
  young_.erase(name);
  old_.erase(name);
}

std::optional<std::string> Store::get(std::string_view key) const {
  if (const auto* recent = recent_.find(key)) return *recent;
  return stored(key);
}

std::optional<std::string> Store::stored(std::string_view key) const {
  return read(*db_, {}, key);
}

void Store::remember(std::string key, std::optional<std::string> value) {
  if (value)
    recent_.put(std::move(key), *std::move(value));
  else
    recent_.forget(key);
}

StoreView Store::view() const {
  return StoreView(*this);
}

void Store::commit(rocksdb::WriteBatch& rows, const Marks& marks) {
  rows.Put(slice(kMarksKey), encode(marks));
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  auto status = db_->Write(options, &rows);
  // A full disk stopped it in the background. Rows may be late: whoever reads is told how far behind they are.
  for (int attempt = 0; status.IsNoSpace() && attempt < kResumeAttempts; ++attempt) {
    std::this_thread::sleep_for(kResumePause);
    static_cast<void>(db_->Resume());
    status = db_->Write(options, &rows);
  }
  if (!status.ok()) stop_on_io_error("cannot write a projection", status.ToString());
}

void Store::flush(bool wait) {
  rocksdb::FlushOptions options;
  options.wait = wait;
  options.allow_write_stall = true;
  const auto status = db_->Flush(options);
  if (status.IsNoSpace()) {
    logging::write(logging::Level::warning, "no room to flush a projection; what is missing is folded from the log");
    return;
  }
  // A flush that is under way already does the work.
  if (!status.ok() && !status.IsTryAgain()) stop_on_io_error("cannot flush a projection", status.ToString());
}

Result<void> Store::check() const {
  const auto status = db_->VerifyChecksum();
  if (!status.ok()) return internal_failure("projection.corrupt", status.ToString());
  return success();
}

Digest Store::content_hash() const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options));
  Digest hash{};
  std::string part;
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    part.clear();
    append_sized(part, {rows->key().data(), rows->key().size()});
    append_sized(part, {rows->value().data(), rows->value().size()});
    hash = sha256({as_bytes(hash), part});
  }
  if (!rows->status().ok()) stop_on_bad_read(*db_, rows->status());
  return hash;
}

StoreView::StoreView(const Store& store) : db_(store.db()), snapshot_(store.db().GetSnapshot()) {}
StoreView::~StoreView() {
  db_.ReleaseSnapshot(snapshot_);
}

std::optional<std::string> StoreView::get(std::string_view key) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  return read(db_, options, key);
}

Cursor StoreView::cursor() const {
  const auto bytes = get(kMarksKey);
  if (!bytes) return {};
  const auto marks = decode_marks(*bytes);
  HUB_ASSERT(marks);
  return cursor_of(*marks);
}

std::shared_ptr<Store> StoreSlot::get() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

void StoreSlot::set(std::shared_ptr<Store> store) {
  {
    const std::lock_guard lock(mutex_);
    store_.swap(store);
  }
  // The old one is let go here, after the lock: closing a database takes time.
}

std::string quarantine_key(std::string_view entity) {
  return kQuarantineTable + std::string(entity);
}

void stop_on_io_error(std::string_view what, std::string_view detail) {
  logging::write_last("the process ends, because what the disk holds is no longer certain",
                      {{"what", what}, {"error", detail}});
  std::abort();
}

void stop_on_bad_read(const rocksdb::DB& db, const rocksdb::Status& status) {
  if (status.IsCorruption()) std::ofstream(std::filesystem::path(db.GetName()) / kDamaged) << status.ToString() << '\n';
  stop_on_io_error("cannot read a projection", status.ToString());
}

}  // namespace hub::projections
