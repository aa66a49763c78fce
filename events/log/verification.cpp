#include "events/log/verification.hpp"

#include <algorithm>
#include <numeric>

namespace hub::log {
namespace {

constexpr std::size_t kStepBytes = 1 << 20;

/// The position in front of the reason, as logs give it with log.corrupt; else `fallback`.
ChainFault fault_of(const Failure& failure, Position fallback) {
  const auto colon = failure.detail.find(": ");
  if (colon != std::string::npos)
    if (const auto position = parse_position(std::string_view(failure.detail).substr(0, colon)))
      return {position.value(), failure.detail.substr(colon + 2), failure.code};
  return {fallback, failure.detail, failure.code};
}

bool holds(Log& log, const SignedHead& head) {
  const auto now = log.head(head.partition);
  if (now.seq == head.seq && now.hash == head.hash) return true;
  // Batches without records behind that seq are read with the one that follows.
  const auto is_read_from = [&](Seq from) {
    const auto batches = log.read(head.partition, from, 0);
    return batches && std::any_of(batches.value().begin(), batches.value().end(), [&](const BatchPtr& batch) {
             return batch->end.last == head.seq && batch->end.hash == head.hash;
           });
  };
  return is_read_from(head.seq) || is_read_from(head.seq + 1);
}

}  // namespace

std::vector<Seq> heads_of(Log& log) {
  std::vector<Seq> heads;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) heads.push_back(log.head(partition).seq);
  return heads;
}

Verification::Verification(Log& log, const PublicKeys& keys, std::vector<Seq> heads,
                           const std::optional<Checkpoint>& against, Unsigned without_checkpoints)
    : log_(log),
      heads_(std::move(heads)),
      records_of_(std::accumulate(heads_.begin(), heads_.end(), std::uint64_t{0})),
      auditor_(log.partitions(), keys, against, without_checkpoints) {
  HUB_ASSERT(heads_.size() == log.partitions());
}

std::uint64_t Verification::records_done() const {
  return indexes_ ? std::min(indexes_->records(), records_of_) : report_.records;
}

bool Verification::step(std::size_t bytes) {
  switch (stage_) {
    case Stage::records:
      return step_records(bytes);
    case Stage::indexes:
      return step_indexes(bytes);
    case Stage::done:
      return false;
  }
  return false;
}

bool Verification::end() {
  stage_ = Stage::done;
  return false;
}

bool Verification::step_records(std::size_t bytes) {
  const Seq next = auditor_.head(partition_).seq + 1;
  bool is_walked = next > heads_[partition_];
  if (!is_walked) {
    const auto batches = log_.read(partition_, next, bytes);
    if (!batches) {
      auto fault = fault_of(batches.error(), {partition_, next});
      auditor_.fail(fault.position, std::move(fault.reason), fault.code);
    } else {
      is_walked = batches.value().empty();
      // What has come behind the head is not asked about.
      for (const auto& batch : batches.value())
        if (batch->end.first <= heads_[partition_] && !auditor_.add(*batch)) break;
    }
  }
  report_ = auditor_.so_far();
  if (is_walked) ++partition_;
  if (!report_.fault && partition_ < heads_.size()) return true;
  report_ = auditor_.finish([this](const SignedHead& head) { return holds(log_, head); });
  // Only now: indexes are held against records that are sound.
  if (report_.fault || (indexes_ = log_.check_indexes()) == nullptr) return end();
  stage_ = Stage::indexes;
  return true;
}

bool Verification::step_indexes(std::size_t bytes) {
  const auto more = indexes_->step(bytes);
  if (!more) report_.fault = fault_of(more.error(), {});
  return more && more.value() ? true : end();
}

AuditReport verify(Log& log, const PublicKeys& keys, const std::optional<Checkpoint>& against,
                   Unsigned without_checkpoints) {
  Verification verification(log, keys, heads_of(log), against, without_checkpoints);
  while (verification.step(kStepBytes)) {
  }
  return verification.report();
}

}  // namespace hub::log
