// How a runner takes a partition up: claim, fold what the store lacks, take up what entities owe.
#include <algorithm>
#include <unordered_map>

#include "actors/engine/message_codec.hpp"
#include "actors/engine/runner.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kReadBytes = 8 << 20;
constexpr Duration kCommandsKept = seconds(24 * 3'600);

/// Folds batches into rows; one call covers one read of the log.
class Folding {
 public:
  Folding(StateStore& store, const Kinds& kinds, std::uint32_t partitions)
      : store_(store), kinds_(kinds), partitions_(partitions) {}

  void add(const log::Batch& batch) {
    for (const auto& record : batch.records) {
      if (record.kind == log::RecordKind::event) events_[record.entity].push_back(&record);
      if (record.kind == log::RecordKind::message)
        changes_.messages_sent.emplace_back(partition_of(record.entity, partitions_),
                                            MessageRow{batch.partition, record.seq, record});
    }
    for (const auto& consumed : batch.end.consumed)
      changes_.messages_consumed.push_back(
          {batch.partition, static_cast<PartitionId>(std::stoul(consumed.source)), consumed.position});
    for (const auto& outcome : batch.end.outcomes) {
      CommandRow row;
      const bool created = outcome.accepted() && is_id(outcome.entity) && outcome.version == 1;
      if (!created) row.expires = batch.end.index_time + kCommandsKept;
      row.position = {batch.partition, batch.end.last};
      row.outcome = outcome;
      changes_.commands.emplace_back(outcome.command_id, std::move(row));
    }
    head_ = {batch.end.last, batch.end.epoch, batch.end.hash, batch.end.index_time};
  }

  /// Entities whose events do not fold are left as they were: loading them finds the fault and sets them aside.
  void store(PartitionId partition) {
    for (const auto& [entity, records] : events_) fold(entity, records);
    changes_.heads.emplace_back(partition, head_);
    store_.apply(changes_);
  }

 private:
  void fold(const std::string& entity, const std::vector<const log::Record*>& records) {
    const auto* kind = kinds_.of(entity);
    if (kind == nullptr) return;
    auto row = store_.entity(entity);
    if (!row) return;
    const Version had = row.value() ? row.value()->version : 0;
    if (row.value() && row.value()->state_version != kind->state_version()) return;
    std::vector<const log::Record*> fresh;
    for (const auto* record : records)
      if (record->version > had) fresh.push_back(record);
    if (fresh.empty()) return;
    auto folded = kind->fold(row.value() ? row.value()->state : std::string(), fresh);
    if (!folded) return;
    changes_.agendas.emplace_back(entity, std::move(folded.value().agenda));
    changes_.entities.emplace_back(entity,
                                   EntityRow{kind->state_version(), fresh.back()->version, fresh.back()->organisation,
                                             fresh.back()->project, std::move(folded.value().state)});
  }

  StateStore& store_;
  const Kinds& kinds_;
  std::uint32_t partitions_;
  std::unordered_map<std::string, std::vector<const log::Record*>> events_;
  StateChanges changes_;
  log::Head head_;
};

/// True when the store's head is a batch of this log.
bool belongs(log::Log& log, PartitionId partition, const log::Head& stored, const log::Head& head) {
  if (stored == log::Head{}) return true;
  if (stored.seq > head.seq || stored.seq == 0) return false;
  const auto batches = log.read(partition, stored.seq, 1);
  return batches && std::any_of(batches.value().begin(), batches.value().end(),
                                [&](const log::BatchPtr& batch) { return batch->end.hash == stored.hash; });
}

}  // namespace

Result<void> Runner::own(PartitionId partition) {
  HUB_TRY(const auto head, log_.claim(partition, options_.node));
  HUB_TRY(catch_up(partition, head));
  heads_[partition] = head;
  load_agenda();
  for (auto& message : store_.messages_to(partition)) {
    auto input = message_input(message.record, message.source);
    HUB_ASSERT(input);
    HUB_TRY(submit(std::move(input).value()));
  }
  return success();
}

Result<void> Runner::catch_up(PartitionId partition, const log::Head& head) {
  auto stored = store_.head(partition);
  if (!belongs(log_, partition, stored, head)) {
    store_.drop_partition(partition, partition_count());
    stored = {};
  }
  while (stored.seq < head.seq) {
    HUB_TRY(const auto batches, log_.read(partition, stored.seq + 1, kReadBytes));
    if (batches.empty()) return internal_failure("log.corrupt", "the log ends before its head");
    Folding folding(store_, kinds_, partition_count());
    for (const auto& batch : batches) folding.add(*batch);
    folding.store(partition);
    stored = store_.head(partition);
  }
  return success();
}

void Runner::load_agenda() {
  store_.agendas([this](const std::string& entity, Agenda agenda) {
    if (is_id(entity) && owns(partition_of(entity, partition_count()))) agenda_.replace(entity, std::move(agenda));
  });
}

}  // namespace hub::engine
