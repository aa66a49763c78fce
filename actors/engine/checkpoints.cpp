// When a runner signs the head of a partition.
#include "actors/engine/batch_rows.hpp"
#include "actors/engine/runner.hpp"
#include "events/core/logging.hpp"
#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"

namespace hub::engine {

bool Runner::checkpoint_due(PartitionId partition, const log::Head& head, Instant now) const {
  if (!options_.checkpoint || head.seq == 0) return false;
  const auto signed_at = checkpointed_.find(partition);
  if (signed_at == checkpointed_.end()) return true;
  // A clock that was set back says nothing of how long ago that was.
  return now < signed_at->second || now - signed_at->second >= log::kCheckpointEvery;
}

/// Partitions that write a batch without being asked to: for how far they have looked at others, or, where several
/// nodes share the log, for a checkpoint that brings what became of their last commands to all of them.
std::vector<PartitionId> Runner::marks_due(Instant now) const {
  auto due = feed_.marks_due();
  if (!log_.is_shared()) return due;
  for (const auto partition : unread_)
    if (checkpoint_due(partition, heads_.at(partition), now)) due.push_back(partition);
  return due;
}

log::Record Runner::make_checkpoint(PartitionId partition, const log::Head& head, Instant now) {
  checkpointed_[partition] = now;
  logging::write(logging::Level::debug, "checkpoint", {{"partition", partition}, {"seq", head.seq}});
  return options_.checkpoint(partition, head, now);
}

bool Runner::sign_heads() {
  if (heads_.empty() || !options_.checkpoint || unsettled_) return false;
  // The last write must not be the one that fails: the records stay unsigned until the next start, and no more.
  if (options_.has_room && !options_.has_room()) return false;
  const auto now = options_.clock();
  auto& [partition, head] = *heads_.begin();
  log::Batch batch;
  batch.partition = partition;
  batch.records.push_back(make_checkpoint(partition, head, now));
  batch.end.consumed = consumed(partition);
  batch.end.epoch = head.epoch;
  batch.end.index_time = now;
  auto behind = head;
  log::seal(batch, behind);
  const auto sealed = std::make_shared<const log::Batch>(std::move(batch));
  if (log_.append({sealed}) != log::Append::committed) {
    logging::write(logging::Level::warning, "the last records are not signed", {{"partition", partition}});
    return false;
  }
  head = behind;
  StateChanges changes;
  add_batch_rows(*sealed, changes);
  store_.apply(changes);
  return true;
}

}  // namespace hub::engine
