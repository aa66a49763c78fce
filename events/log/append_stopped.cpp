#include "events/log/append_stopped.hpp"

#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"

namespace hub::log {
namespace {

/// Appends the records and a checkpoint of what stands before them; moves `head`.
Result<void> append_signed(Log& log, const Signer& signer, PartitionId partition, std::vector<Record> records,
                           Head& head, Instant now) {
  std::vector<Head> heads;
  for (PartitionId id = 0; id < log.partitions(); ++id) heads.push_back(log.head(id));
  Batch batch;
  batch.partition = partition;
  batch.records = std::move(records);
  batch.records.push_back(make_checkpoint(signer, partition, head, heads, now));
  batch.end.epoch = head.epoch;
  batch.end.index_time = now;
  seal(batch, head);
  switch (log.append({std::make_shared<const Batch>(std::move(batch))})) {
    case Append::committed:
      return success();
    case Append::fenced:
      return unavailable("log.fenced", "another process has taken the log");
    case Append::unknown:
      break;
  }
  return unavailable("log.unknown", "whether it was written is not known");
}

}  // namespace

Result<void> append_stopped(Log& log, const Signer& signer, std::string_view node, PartitionId partition,
                            const Decide& decide, Instant now) {
  HUB_TRY(auto head, log.claim(partition, node));
  HUB_TRY(auto records, decide());
  if (!records.empty()) {
    HUB_TRY(append_signed(log, signer, partition, std::move(records), head, now));
  }
  auto ended = append_signed(log, signer, partition, {}, head, now);
  // A node that has taken the partition back signs what it finds there.
  if (!ended && log.is_shared() && ended.error().code == "log.fenced") return success();
  return ended;
}

}  // namespace hub::log
