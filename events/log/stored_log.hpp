#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "events/core/result.hpp"
#include "events/log/record.hpp"

namespace rocksdb {
class Iterator;
}

namespace hub::log {

struct Store;

/// The log in a stopped server's folder, for somebody who takes it elsewhere or brings it back: no other process has it
/// open meanwhile.
class StoredLog {
 public:
  /// Fails: unavailable `log.locked`, not_found `log.absent`, internal `log.corrupt`.
  static Result<std::unique_ptr<StoredLog>> open(const std::filesystem::path& folder);
  ~StoredLog();

  std::uint32_t partitions() const;
  std::uint64_t incarnation() const;
  const Head& head(PartitionId partition) const { return heads_.at(partition); }
  std::uint64_t records() const;
  /// What is kept here is a copy of a log that lies elsewhere: nothing may be added to it but what comes from there.
  bool is_copy() const { return is_copy_; }
  /// Mirror::resume of each partition; empty ones where there are none.
  Result<std::vector<std::string>> resumes() const;

  /// Makes the log a copy, which goes on behind its heads with these: Mirror::resume by partition. Durable when it
  /// returns; all or nothing.
  void make_copy(const std::vector<std::string>& resumes);
  /// Makes a copy a log of its own. Durable when it returns; all or nothing.
  void make_own();

  /// The batches of one partition in the order of the chain, those without records too, also at the end.
  class Walk {
   public:
    Walk(const StoredLog& log, PartitionId partition);
    ~Walk();

    /// Goes to behind the batch that has this end. False when there is no such batch: then it stands nowhere.
    Result<bool> go_behind(const BatchEnd& end);
    /// The next batch, verified; null at the end. Fails: internal `log.corrupt` naming the position.
    Result<BatchPtr> next();

   private:
    const PartitionId partition_;
    const std::unique_ptr<rocksdb::Iterator> rows_;
    Head head_;
  };

 private:
  StoredLog() = default;
  std::unique_ptr<Store> store_;
  std::vector<Head> heads_;
  bool is_copy_ = false;
};

}  // namespace hub::log
