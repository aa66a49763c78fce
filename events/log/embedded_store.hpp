#pragma once
#include <rocksdb/db.h>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "events/log/embedded_layout.hpp"
#include "events/log/embedded_log.hpp"

namespace hub::log {

/// The folder of the tables in that of the log.
inline constexpr const char* kTables = "db";

/// The right to the folder: one process writes, or several read. Held by the descriptor, so it ends with the process.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();
  /// Fails: unavailable `log.locked`. A reader of a log that was never opened for writing holds nothing.
  static Result<FolderLock> take(const std::filesystem::path& folder, bool read_only);

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// The tables of an opened log.
struct Store {
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  std::filesystem::path folder;
  rocksdb::Env* env = nullptr;
  Meta meta;
  std::optional<FolderLock> lock;  // declared before `db`: it ends after it
  std::unique_ptr<rocksdb::DB> db;
  /// A write in the background found the disk full. Nothing is lost, for the write-ahead log has it; the next write
  /// must resume() first.
  std::shared_ptr<std::atomic<bool>> stalled = std::make_shared<std::atomic<bool>>(false);
  rocksdb::ColumnFamilyHandle* rows = nullptr;
  rocksdb::ColumnFamilyHandle* batches = nullptr;   ///< batch_key → stored_batch, in blob files
  rocksdb::ColumnFamilyHandle* entities = nullptr;  ///< entity_key → entity_place
  rocksdb::ColumnFamilyHandle* times = nullptr;     ///< time_key → seq of the last record, as a varint
};

/// Makes the log when it is absent and may be written: of the incarnation `made_as`, else of one that is drawn. Fails
/// as open_embedded_log.
Result<std::unique_ptr<Store>> open_store(const EmbeddedOptions& options, rocksdb::Env* env,
                                          std::optional<std::uint64_t> made_as = std::nullopt);

/// Says that the log is a copy of one that lies elsewhere: nobody may add to it but who copies.
void mark_copy(Store& store);
/// Fails: internal `log.corrupt`.
Result<bool> is_copy(const Store& store);

/// A batch behind the hash `link`, with its entries of the indexes.
void put_batch(rocksdb::WriteBatch& rows, const Store& store, const BatchKey& key, const Digest& link,
               const Batch& batch);
/// Has the database go on after a full disk, once there is room. False: there is none yet.
bool resume(Store& store);

/// The row that mark_copy() puts.
inline constexpr const char* kCopyKey = "copy";
/// The row with Arrival::resume of the last batch that came.
std::string resume_key(PartitionId partition);

/// For a read that failed: internal `log.corrupt` at a position.
Failure read_failure(Position position, const rocksdb::Status& status);

/// A local disk that failed once cannot be believed about what it has kept: says so on standard error and ends the
/// process by abort(), before anything more is acknowledged. Restarting reads what is durable.
[[noreturn]] void stop_process(const char* what, const rocksdb::Status& status);

}  // namespace hub::log
