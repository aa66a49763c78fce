#pragma once
#include <bitset>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/core/cursor.hpp"
#include "events/core/digest.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"
#include "events/log/log.hpp"

namespace rocksdb {
class Cache;
class DB;
class RateLimiter;
class Snapshot;
class Status;
class WriteBatch;
class WriteBufferManager;
}  // namespace rocksdb

namespace hub::projections {

/// What all RocksDB databases of the process share, so that one bound holds for them together.
struct StoreResources {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::shared_ptr<rocksdb::RateLimiter> rate_limiter;
};
/// Caches of blocks and of unflushed writes; both are used up only when there is something to hold.
StoreResources make_resources(std::size_t cache_bytes, std::size_t write_buffer_bytes);

/// How far one partition is folded.
struct Mark {
  Seq seq = 0;
  Instant index_time;  ///< of the batch that ends there
  Digest hash{};       ///< BatchEnd::hash of it
  bool operator==(const Mark&) const = default;
};

/// Which log is folded, and how far: the row that is written together with every fold.
struct Marks {
  std::uint64_t incarnation = 0;
  std::vector<Mark> partitions;
  bool operator==(const Marks&) const = default;
};
Cursor cursor_of(const Marks& marks);

class StoreView;

/// Rows that were put of late, within a bound of memory.
class RecentRows {
 public:
  /// Null: it is not known here.
  const std::string* find(std::string_view key) const;
  void put(std::string key, std::string value);
  void forget(std::string_view key);

 private:
  static constexpr std::size_t kBytesMax = std::size_t{4} << 20U;  ///< of each generation

  using Generation = std::unordered_map<std::string, std::string>;
  std::bitset<256> tables_;  ///< first bytes of keys that were put: of others there is nothing to forget
  Generation young_, old_;
  std::size_t bytes_ = 0;  ///< of the young
};

/// The rows of one projection: a RocksDB without a write-ahead log. What is on disk is always some fold's whole
/// result with its marks; the events behind them are folded again at start.
/// Keys that begin with an upper-case letter are the store's own.
class Store {
 public:
  enum class Mode {
    write,      ///< made when absent
    read_only,  ///< never writes a byte; what is not flushed by a writer is not seen
  };
  /// Fails: internal `projection.corrupt`, unavailable `projection.locked`, not_found `projection.absent` (read_only).
  static Result<std::shared_ptr<Store>> open(const std::filesystem::path& folder, const StoreResources& resources,
                                             Mode mode);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Empty in a new store.
  const std::optional<Marks>& marks_at_open() const { return marks_at_open_; }
  /// For who folds, on one thread: of the latest rows from memory. Others read what is stored.
  std::optional<std::string> get(std::string_view key) const;
  /// The latest stored row. Any thread.
  std::optional<std::string> stored(std::string_view key) const;
  /// What a fold wrote; it is what the next one asks for. An absent value: the row is gone.
  void remember(std::string key, std::optional<std::string> value);
  /// A consistent cut: rows and marks of the same fold.
  StoreView view() const;

  /// Writes rows and marks as one; each event counts exactly once.
  void commit(rocksdb::WriteBatch& rows, const Marks& marks);
  /// Writes to disk what is only in memory. Returns when it is done, or with `wait` false when it has begun.
  void flush(bool wait);
  /// Reads everything on disk by its checksums. Fails: internal `projection.corrupt`.
  Result<void> check() const;
  /// SHA-256 over every key and value.
  Digest content_hash() const;
  /// Its folder goes with the last reader.
  void remove_when_closed() { remove_when_closed_ = true; }

  rocksdb::DB& db() const { return *db_; }

 private:
  Store(std::unique_ptr<rocksdb::DB> db, std::filesystem::path folder);

  std::filesystem::path folder_;
  std::unique_ptr<rocksdb::DB> db_;
  std::optional<Marks> marks_at_open_;
  RecentRows recent_;
  bool remove_when_closed_ = false;
};

/// A snapshot of a store; as long as it lives every read sees the same fold.
class StoreView {
 public:
  explicit StoreView(const Store& store);
  ~StoreView();
  StoreView(const StoreView&) = delete;
  StoreView& operator=(const StoreView&) = delete;

  std::optional<std::string> get(std::string_view key) const;
  Cursor cursor() const;
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }
  rocksdb::DB& db() const { return db_; }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* snapshot_;
};

/// The store that answers now; a rebuild puts another in its place while readers keep the one they have.
class StoreSlot {
 public:
  std::shared_ptr<Store> get() const;
  void set(std::shared_ptr<Store> store);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Store> store_;
};

/// Key of the row that says why an entity is no longer folded.
std::string quarantine_key(std::string_view entity);
inline constexpr char kQuarantineTable = 'Q';

/// Says on standard error what went wrong with the disk, and ends the process: an I/O error is never retried.
[[noreturn]] void stop_on_io_error(std::string_view what, std::string_view detail);
/// The same for reads that fail. When rows are damaged the store is marked so, and the next start builds it anew.
[[noreturn]] void stop_on_bad_read(const rocksdb::DB& db, const rocksdb::Status& status);

}  // namespace hub::projections
