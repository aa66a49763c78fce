#pragma once
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <random>

namespace hub::log::testing {

/// Files of the machine that lose power or fail a sync when they are told to.
class FaultyFiles final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFiles() : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyFiles"; }

  /// The power goes at the write or sync that comes after `skipped` more. From then on nothing lasts, while the
  /// process goes on and sees all that it does.
  void cut_power_after(std::uint64_t skipped) { left_ = static_cast<std::int64_t>(skipped); }
  bool powered() const { return left_ >= 0; }
  /// After the cut and the end of the process: each file keeps what was synced, and of the rest a random part.
  void lose_unsynced(std::mt19937_64& random);

  /// The sync of a file whose name ends so fails once, after `skipped` that do not.
  void fail_sync_once(std::string name_end, std::uint64_t skipped);

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  friend class FaultyFile;
  struct Sizes {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };
  /// Counts a write or sync; false when there is no power for it.
  bool spend();
  bool sync_fails(const std::string& name);
  /// After the power went, before a file is changed by name: remembers its contents, or that it was not there.
  void keep_for_later(const std::string& name);
  void adopt(const std::string& name, Sizes sizes, std::unique_ptr<rocksdb::FSWritableFile>* file);
  void wrote(const std::string& name, std::size_t bytes);
  void synced(const std::string& name);

  std::atomic<std::int64_t> left_ = INT64_MAX;
  std::mutex mutex_;
  std::map<std::string, Sizes> files_;                      ///< as they stood when the power went
  std::map<std::string, std::optional<std::string>> kept_;  ///< changed since
  std::string failing_end_;
  std::int64_t failing_left_ = -1;
};

}  // namespace hub::log::testing
