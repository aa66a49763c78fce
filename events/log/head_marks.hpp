#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/result.hpp"

namespace rocksdb {
class Env;
}

namespace hub::log {

/// A small file beside the log that says how far each partition was durable. Without it a damaged length at the end of
/// a write-ahead log or manifest reads like a write cut short by a crash, and acknowledged batches would be gone
/// without a word. Written at most once a second while batches come, and at the end.
class HeadMarks {
 public:
  using Seqs = std::vector<Seq>;

  /// `durable` gives the last durable seq of each partition; called from the own thread.
  HeadMarks(std::filesystem::path folder, rocksdb::Env* env, std::function<Seqs()> durable);
  HeadMarks(const HeadMarks&) = delete;
  HeadMarks& operator=(const HeadMarks&) = delete;
  ~HeadMarks();

  /// Something was committed.
  void moved();

  /// What the file says; empty when there is none. Fails: internal `log.corrupt` naming the file.
  static Result<Seqs> read(const std::filesystem::path& folder, rocksdb::Env* env);
  /// Holds the head of a partition against them. Fails: internal `log.corrupt` naming what is missing.
  static Result<void> check(const Seqs& marks, PartitionId partition, Seq head);

 private:
  void run();
  /// False: the disk is full. The old marks hold, for they only say too little.
  bool write();

  const std::filesystem::path folder_;
  rocksdb::Env* const env_;
  const std::function<Seqs()> durable_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool moved_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::log
