#pragma once
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "events/log/log.hpp"
#include "projections/accounts/access_table.hpp"

namespace rocksdb {
class DB;
}

namespace hub::accounts {

/// How far a partition was folded.
struct FoldedTo {
  Seq seq = 0;    ///< last record of a whole batch
  Digest hash{};  ///< BatchEnd::hash of that batch
};

/// Keeps an AccessTable up to date with the log, and its rows on disk, so that a start reads only what came since.
/// A batch changes the table on the thread that appended it, before append() returns: a key that is revoked is closed
/// before anybody is told that it is. The disk follows on a thread of the store's own.
class AccessStore {
 public:
  /// Batches without a word of access are read again after a crash, up to this many records a partition.
  static constexpr Seq kPositionEvery = 4'096;

  /// Opens `folder` (DIR/projections/accounts-v1), catches up with the log and follows it. Rows of another log, of a
  /// log that has lost batches, or that were left broken, are dropped and folded again from the beginning. Fails:
  /// internal `log.corrupt`, gone `log.truncated`; internal `access.store` when the folder cannot be opened.
  static Result<std::unique_ptr<AccessStore>> open(const std::filesystem::path& folder, log::Log& log);
  /// On the folder of a stopped server: drops the rows and folds the whole log anew. Fails: unavailable
  /// `projection.locked`, and as open() does.
  static Result<void> rebuild(const std::filesystem::path& folder, log::Log& log);
  struct Verified {
    bool equal = false;
    std::size_t rows = 0;
    std::uint64_t records = 0;  ///< of the log that the rows know
  };
  /// Folds the same records into memory and compares; writes nothing. Fails: not_found `projection.absent`, internal
  /// `projection.corrupt`, invalid `projection.other_log`, and as Log::read does.
  static Result<Verified> verify(const std::filesystem::path& folder, log::Log& log);
  ~AccessStore();
  AccessStore(const AccessStore&) = delete;
  AccessStore& operator=(const AccessStore&) = delete;

  AccessTable& table() { return *table_; }
  /// Records that were read from the log by open(): what came since the last time, not the whole log.
  std::uint64_t caught_up() const { return caught_up_; }
  /// Waits until what the log had told when it was called is on disk, as far as a killed process is concerned.
  void wait_written();

 private:
  AccessStore(log::Log& log, std::unique_ptr<rocksdb::DB> rows);

  Result<bool> load();
  static Result<bool> follows(log::Log& log, PartitionId partition, const FoldedTo& place);
  void clear();
  Result<void> catch_up();
  Result<void> catch_up(PartitionId partition);
  void on_batches(const std::vector<log::BatchPtr>& batches);
  bool apply(const log::Batch& batch);
  void write_loop();
  void flush(std::unique_lock<std::mutex>& lock);

  log::Log& log_;
  const std::unique_ptr<rocksdb::DB> rows_;
  std::unique_ptr<AccessTable> table_ = std::make_unique<AccessTable>();
  std::uint64_t watcher_ = 0;
  std::uint64_t caught_up_ = 0;

  std::mutex mutex_;  ///< of all below; never held during I/O
  std::condition_variable wake_, written_all_;
  std::vector<FoldedTo> folded_;   ///< by partition
  std::vector<Seq> written_;       ///< what of `folded_` is on disk
  std::set<std::string> changed_;  ///< entities whose rows on disk are older than in the table
  bool due_ = false;               ///< there is something to write
  bool writing_ = false;           ///< a cut is on its way to the disk
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace hub::accounts
