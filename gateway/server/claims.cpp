#include "gateway/server/claims.hpp"

#include "events/log/claim.hpp"

namespace hub::server {

Claims::Claims(log::Log& log) : log_(log), owners_(log.partitions()) {
  watcher_ = log_.watch([this](const std::vector<log::BatchPtr>& batches) {
    for (const auto& batch : batches) take(*batch);
  });
  for (PartitionId partition = 0; partition < log_.partitions(); ++partition) find(partition);
}

Claims::~Claims() {
  log_.unwatch(watcher_);
}

std::vector<Claims::Owner> Claims::owners() const {
  const std::lock_guard lock(mutex_);
  return owners_;
}

void Claims::take(const log::Batch& batch) {
  for (const auto& record : batch.records) {
    if (record.kind != log::RecordKind::claimed) continue;
    const auto claim = log::parse_claim(record.data);
    if (!claim) continue;
    const std::lock_guard lock(mutex_);
    auto& owner = owners_.at(batch.partition);
    if (claim->epoch >= owner.epoch) owner = {claim->node, claim->epoch, batch.end.index_time};
  }
}

/// Epochs only grow: the last claim is the first batch of the head's epoch.
void Claims::find(PartitionId partition) {
  const auto head = log_.head(partition);
  Seq low = 1, high = head.seq;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto batches = log_.read(partition, middle, 1);
    // What is kept no longer lies in front of what is.
    if (!batches || batches.value().empty() || batches.value().back()->end.epoch < head.epoch)
      low = middle + 1;
    else
      high = middle;
  }
  const auto batches = log_.read(partition, low, 1);
  if (!batches) return;
  for (const auto& batch : batches.value()) take(*batch);
}

}  // namespace hub::server
