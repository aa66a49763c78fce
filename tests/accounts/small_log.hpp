#pragma once
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "events/log/chain.hpp"
#include "events/log/embedded_log.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::test {

/// An embedded log with a short way to write records into it, and a place to step in when somebody reads.
class SmallLog : public log::Log {
 public:
  static constexpr std::uint32_t kPartitions = 4;

  explicit SmallLog(const std::filesystem::path& folder) {
    log::EmbeddedOptions options;
    options.folder = folder;
    options.partitions = kPartitions;
    auto opened = log::open_embedded_log(options);
    HUB_ASSERT(opened);
    log_ = std::move(opened).value();
  }

  /// Appends one batch of records of one partition; claims it first when it has no owner.
  void write(std::vector<log::Record> records) {
    log::Batch batch;
    batch.partition = partition_of(records.front().entity, kPartitions);
    auto head = log_->head(batch.partition);
    if (head.epoch == 0) head = log_->claim(batch.partition, "test").value();
    batch.end.epoch = head.epoch;
    batch.end.index_time = records.back().time;
    batch.records = std::move(records);
    log::seal(batch, head);
    HUB_ASSERT(log_->append({std::make_shared<const log::Batch>(std::move(batch))}) == log::Append::committed);
  }

  std::function<void()> before_read_returns;  ///< called with what was read in hand
  int reads = 0;

  std::uint32_t partitions() const override { return log_->partitions(); }
  std::uint64_t incarnation() const override { return log_->incarnation(); }
  Result<log::Head> claim(PartitionId partition, std::string_view node) override {
    return log_->claim(partition, node);
  }
  log::Append append(const std::vector<log::BatchPtr>& batches) override { return log_->append(batches); }
  Result<std::vector<log::BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override {
    ++reads;
    auto batches = log_->read(partition, from, bytes_max);
    if (before_read_returns) before_read_returns();
    return batches;
  }
  log::Head head(PartitionId partition) override { return log_->head(partition); }
  Result<std::vector<log::EntityRecord>> history(std::string_view entity, Version from, std::size_t count) override {
    return log_->history(entity, from, count);
  }
  Result<Seq> seq_at(PartitionId partition, Instant at) override { return log_->seq_at(partition, at); }
  std::uint64_t watch(Watcher watcher) override { return log_->watch(std::move(watcher)); }
  void unwatch(std::uint64_t id) override { log_->unwatch(id); }

 private:
  std::unique_ptr<log::Log> log_;
};

}  // namespace hub::test
