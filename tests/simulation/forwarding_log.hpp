#pragma once
#include <memory>

#include "events/log/log.hpp"

namespace hub::simulation {

/// A log that passes everything on; for those that change one thing.
class ForwardingLog : public log::Log {
 public:
  explicit ForwardingLog(std::unique_ptr<log::Log> inner) : inner_(std::move(inner)) {}

  std::uint32_t partitions() const override { return inner_->partitions(); }
  std::uint64_t incarnation() const override { return inner_->incarnation(); }
  bool is_shared() const override { return inner_->is_shared(); }
  log::Inputs* inputs() override { return inner_->inputs(); }
  Result<log::Head> claim(PartitionId partition, std::string_view node) override {
    return inner_->claim(partition, node);
  }
  log::Append append(const std::vector<log::BatchPtr>& batches) override { return inner_->append(batches); }
  Result<std::vector<log::BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override {
    return inner_->read(partition, from, bytes_max);
  }
  log::Head head(PartitionId partition) override { return inner_->head(partition); }
  void when_read(const std::vector<PartitionId>& partitions, Told told) override {
    inner_->when_read(partitions, std::move(told));
  }
  Result<std::vector<log::EntityRecord>> history(std::string_view entity, Version from,
                                                 std::size_t count_max) override {
    return inner_->history(entity, from, count_max);
  }
  Result<Seq> seq_at(PartitionId partition, Instant at) override { return inner_->seq_at(partition, at); }
  std::uint64_t watch(Watcher watcher) override { return inner_->watch(std::move(watcher)); }
  void unwatch(std::uint64_t id) override { inner_->unwatch(id); }

 protected:
  log::Log& inner() { return *inner_; }

 private:
  std::unique_ptr<log::Log> inner_;
};

}  // namespace hub::simulation
