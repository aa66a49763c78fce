#include "events/log/audit.hpp"

#include <algorithm>

#include "events/log/auditor.hpp"

namespace hub::log {

std::uint64_t AuditReport::unsigned_records() const {
  std::uint64_t sum = 0;
  for (const auto& partition : partitions) sum += partition.unsigned_records();
  return sum;
}

Auditor::Auditor(std::uint32_t partitions, const PublicKeys& keys, const std::optional<Checkpoint>& against,
                 Unsigned without_checkpoints)
    : keys_(keys),
      without_checkpoints_(without_checkpoints),
      heads_(partitions),
      unsigned_since_(partitions),
      owners_(partitions),
      consumed_(partitions),
      against_(partitions),
      latest_(partitions) {
  report_.partitions.resize(partitions);
  if (!against) return;
  const Position position{against->own.partition, against->own.seq};
  const auto valid = verify_checkpoint(*against, keys_);
  if (!valid) {
    fail(position, "the checkpoint to hold it against: " + valid.error().detail, valid.error().code);
    return;
  }
  const std::string who = "the checkpoint that was kept";
  want(against_, against->own, who);
  for (const auto& head : against->heads) want(against_, head, who);
}

void Auditor::fail(Position position, std::string reason, std::string_view code) {
  if (!report_.fault) report_.fault = ChainFault{position, std::move(reason), std::string(code)};
}

void Auditor::want(std::vector<std::optional<Wanted>>& wanted, const SignedHead& head, const std::string& who) {
  if (head.partition >= wanted.size())
    return fail({head.partition, head.seq}, who + " names a partition that is not there", "checkpoint.invalid");
  auto& place = wanted[head.partition];
  if (head.seq > 0 && (!place || place->head.seq < head.seq)) place = Wanted{head, who};
}

bool Auditor::add(const Batch& batch) {
  if (report_.fault) return false;
  if (batch.partition >= heads_.size()) {
    fail({batch.partition, batch.end.first}, "there is no such partition");
    return false;
  }
  if (batch.partition != walked_) versions_.clear();
  walked_ = batch.partition;
  const Head before = heads_[batch.partition];
  if (auto fault = follow(batch, heads_[batch.partition])) {
    report_.fault = std::move(fault);
    return false;
  }
  const bool claims = !batch.records.empty() && batch.records.front().kind == RecordKind::claimed;
  if (batch.end.epoch > before.epoch && !claims) {
    fail({batch.partition, batch.end.first}, "epoch " + std::to_string(batch.end.epoch) + " begins without a claim",
         "audit.no_claim");
    return false;
  }
  for (const auto& record : batch.records)
    if (!check_record(record, batch, before)) return false;
  if (!check_due(batch)) return false;
  for (const auto& [source, position] : batch.end.consumed) consumed_[batch.partition][source] = position;
  ++report_.batches;
  report_.records += batch.records.size();
  auto& partition = report_.partitions[batch.partition];
  partition.head = batch.end.last;
  partition.hash = batch.end.hash;
  const auto at = batch.end.index_time;
  report_.first_at = report_.first_at.is_set() ? std::min(report_.first_at, at) : at;
  report_.last_at = std::max(report_.last_at, at);
  return meet(batch);
}

bool Auditor::check_record(const Record& record, const Batch& batch, const Head& before) {
  const Position position{batch.partition, record.seq};
  switch (record.kind) {
    case RecordKind::event:
      return check_version(record.entity, record.version, position) &&
             (record.parent.empty() || check_version(record.parent, record.parent_version, position));
    case RecordKind::checkpoint:
      return check_checkpoint(record, batch, before);
    default:
      return true;
  }
}

bool Auditor::check_due(const Batch& batch) {
  auto& since = unsigned_since_[batch.partition];
  const bool is_signed = std::any_of(batch.records.begin(), batch.records.end(),
                                     [](const Record& record) { return record.kind == RecordKind::checkpoint; });
  if (is_signed) {
    // It signs all before its batch; the batch itself waits for the next.
    since = batch.end.index_time;
    return true;
  }
  if (!since) since = batch.end.index_time;
  // A claim is the log's own, which has no key.
  const bool is_claim = batch.records.size() == 1 && batch.records.front().kind == RecordKind::claimed;
  if (without_checkpoints_ == Unsigned::allowed || is_claim || batch.end.index_time - *since < kCheckpointEvery)
    return true;
  fail({batch.partition, batch.end.first},
       "the signature is missing that was due here: nothing is signed behind seq " +
           std::to_string(report_.partitions[batch.partition].signed_up_to),
       "audit.unsigned");
  return false;
}

bool Auditor::check_version(const std::string& entity, Version version, Position position) {
  auto& last = versions_[entity];
  if (version == ++last) return true;
  fail(position, "version " + std::to_string(version) + " of " + entity + " follows " + std::to_string(last - 1),
       "audit.version");
  return false;
}

bool Auditor::check_checkpoint(const Record& record, const Batch& batch, const Head& before) {
  const Position position{batch.partition, record.seq};
  const auto checkpoint = verify_checkpoint(record, position.partition, keys_);
  if (!checkpoint) {
    fail(position, checkpoint.error().detail, checkpoint.error().code);
    return false;
  }
  const auto& own = checkpoint.value().own;
  if (own.seq != before.seq || own.hash != before.hash) {
    fail(position, "the checkpoint signs seq " + std::to_string(own.seq) + " with another hash or at another place",
         "audit.other_hash");
    return false;
  }
  if (!check_owner(checkpoint.value(), position, batch.end.epoch)) return false;
  ++report_.checkpoints;
  ++report_.signed_by[checkpoint.value().key_id];
  const bool is_alone = signs_itself(batch, checkpoint.value(), before, consumed_[position.partition]);
  auto& signed_up_to = report_.partitions[position.partition].signed_up_to;
  signed_up_to = std::max(signed_up_to, is_alone ? batch.end.last : own.seq);
  for (const auto& head : checkpoint.value().heads) want(latest_, head, "the checkpoint at " + to_text(position));
  return !report_.fault;
}

bool Auditor::check_owner(const Checkpoint& checkpoint, Position position, Epoch epoch) {
  auto& owner = owners_[position.partition];
  const bool is_first = owner.key_id.empty() || owner.epoch < epoch;
  if (is_first) owner = {epoch, checkpoint.key_id};
  if (owner.key_id == checkpoint.key_id) return true;
  fail(position,
       "signed by the key " + checkpoint.key_id + "; the owner in epoch " + std::to_string(epoch) + " signs with " +
           owner.key_id,
       "audit.other_owner");
  return false;
}

bool Auditor::meet(const Batch& batch) {
  for (auto* wanted : {&against_[batch.partition], &latest_[batch.partition]})
    if (*wanted && (*wanted)->head.seq == batch.end.last && (*wanted)->head.hash == batch.end.hash)
      (*wanted)->met = true;
  return true;
}

void Auditor::finish_wanted(Wanted& wanted, const Holds& holds) {
  auto& partition = report_.partitions[wanted.head.partition];
  if (partition.head < wanted.head.seq) {
    // A log that grows may hold more by now than was walked.
    if (holds(wanted.head)) return;
    return fail({wanted.head.partition, partition.head + 1},
                "missing: " + wanted.who + " signs this partition up to seq " + std::to_string(wanted.head.seq),
                "audit.missing");
  }
  if (!wanted.met && !holds(wanted.head))
    return fail({wanted.head.partition, wanted.head.seq}, wanted.who + " signs another hash here", "audit.other_hash");
  partition.signed_up_to = std::max(partition.signed_up_to, wanted.head.seq);
}

AuditReport Auditor::finish(const Holds& holds) {
  for (auto* all : {&against_, &latest_})
    for (auto& wanted : *all)
      if (wanted && !report_.fault) finish_wanted(*wanted, holds);
  return report_;
}

}  // namespace hub::log
