#pragma once
#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "events/core/digest.hpp"
#include "events/log/log.hpp"

namespace hub::testing {

/// A log in memory for what only reads logs. It gives its records their places itself, and asks for no claim.
class MemoryLog final : public log::Log {
 public:
  explicit MemoryLog(std::uint32_t partitions = 4, std::uint64_t incarnation = 77)
      : batches_(partitions), heads_(partitions), incarnation_(incarnation) {}

  /// Appends one batch and tells the watchers.
  log::BatchPtr write(PartitionId partition, std::vector<log::Record> records, Instant index_time) {
    const std::lock_guard telling(watching_);
    auto batch = std::make_shared<log::Batch>();
    {
      const std::lock_guard lock(mutex_);
      auto& head = heads_.at(partition);
      batch->partition = partition;
      batch->records = std::move(records);
      std::string all(as_bytes(head.hash));
      for (auto& record : batch->records) {
        record.seq = ++head.seq;
        all += record.type + record.data;
        entities_[record.entity].push_back({{partition, record.seq}, index_time, record});
      }
      head.index_time = std::max(head.index_time, index_time);
      head.hash = sha256(all);
      batch->end.last = head.seq;
      batch->end.first = head.seq + 1 - batch->records.size();
      batch->end.count = static_cast<std::uint32_t>(batch->records.size());
      batch->end.hash = head.hash;
      batch->end.index_time = head.index_time;
      batches_[partition].push_back(batch);
    }
    for (const auto& watcher : watchers_) watcher.second({batch});
    return batch;
  }

  std::uint32_t partitions() const override { return static_cast<std::uint32_t>(batches_.size()); }
  std::uint64_t incarnation() const override { return incarnation_; }
  Result<log::Head> claim(PartitionId partition, std::string_view) override { return head(partition); }
  log::Append append(const std::vector<log::BatchPtr>&) override { return log::Append::fenced; }

  Result<std::vector<log::BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (broken_) return internal_failure("log.corrupt", "broken by the test");
    std::vector<log::BatchPtr> found;
    const auto& all = batches_.at(partition);
    auto batch = std::lower_bound(all.begin(), all.end(), from,
                                  [](const log::BatchPtr& one, Seq seq) { return one->end.last < seq; });
    for (std::size_t bytes = 0; batch != all.end() && (found.empty() || bytes < bytes_max); ++batch) {
      found.push_back(*batch);
      for (const auto& record : (*batch)->records) bytes += record.data.size();
    }
    return found;
  }

  log::Head head(PartitionId partition) override {
    const std::lock_guard lock(mutex_);
    return heads_.at(partition);
  }

  Result<std::vector<log::EntityRecord>> history(std::string_view entity, Version from,
                                                 std::size_t count_max) override {
    const std::lock_guard lock(mutex_);
    ++histories_;
    std::vector<log::EntityRecord> found;
    const auto of = entities_.find(std::string(entity));
    if (of == entities_.end()) return found;
    for (auto i = from - 1; i < of->second.size() && found.size() < count_max; ++i) found.push_back(of->second[i]);
    return found;
  }

  Result<Seq> seq_at(PartitionId partition, Instant at) override {
    const std::lock_guard lock(mutex_);
    const auto& all = batches_.at(partition);
    const auto behind = std::upper_bound(
        all.begin(), all.end(), at, [](Instant time, const log::BatchPtr& one) { return time < one->end.index_time; });
    return behind == all.begin() ? 0 : (*std::prev(behind))->end.last;
  }

  std::uint64_t watch(Watcher watcher) override {
    const std::lock_guard telling(watching_);
    watchers_.emplace(++last_watcher_, std::move(watcher));
    return last_watcher_;
  }
  void unwatch(std::uint64_t id) override {
    const std::lock_guard telling(watching_);
    watchers_.erase(id);
  }

  /// From now on reading fails as a damaged log does.
  void break_reading() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }
  std::size_t reads() const {
    const std::lock_guard lock(mutex_);
    return reads_;
  }
  std::size_t histories() const {
    const std::lock_guard lock(mutex_);
    return histories_;
  }

 private:
  mutable std::mutex mutex_;
  std::mutex watching_;
  std::vector<std::vector<log::BatchPtr>> batches_;
  std::vector<log::Head> heads_;
  std::map<std::string, std::vector<log::EntityRecord>, std::less<>> entities_;
  std::map<std::uint64_t, Watcher> watchers_;
  std::uint64_t last_watcher_ = 0;
  std::uint64_t incarnation_;
  std::size_t reads_ = 0;
  std::size_t histories_ = 0;
  bool broken_ = false;
};

}  // namespace hub::testing
