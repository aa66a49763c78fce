// How a runner takes a partition up: claim, fold what the store lacks, take up what entities owe.
#include <algorithm>
#include <unordered_map>

#include "actors/engine/batch_rows.hpp"
#include "actors/engine/runner.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kReadBytes = 8 << 20;

/// Folds batches into rows; one call covers one read of the log.
class Folding {
 public:
  Folding(StateStore& store, const Kinds& kinds, ActiveEntities& active)
      : store_(store), kinds_(kinds), active_(active) {}

  void add(const log::Batch& batch) {
    for (const auto& record : batch.records)
      if (record.kind == log::RecordKind::event)
        kinds_.for_each_evolving(record,
                                 [&](const std::string& entity, Version) { events_[entity].push_back(&record); });
    changes_.heads.clear();
    add_batch_rows(batch, changes_);
  }

  /// Answers what was stored.
  const StateChanges& store() {
    for (const auto& [entity, records] : events_)
      if (!fold(entity, records)) rebuild(entity);
    store_.apply(changes_);
    return changes_;
  }

 private:
  /// False when the row cannot be gone on from: it does not verify, is of another release, or the events do not fold.
  bool fold(const std::string& entity, const std::vector<const log::Record*>& records) {
    const auto* kind = kinds_.of(entity);
    if (kind == nullptr) return true;
    auto row = store_.entity(entity);
    if (!row || (row.value() && row.value()->state_version != kind->state_version())) return false;
    const Version had = row.value() ? row.value()->version : 0;
    std::vector<const log::Record*> fresh;
    for (const auto* record : records)
      if (log::version_of(*record, entity) > had) fresh.push_back(record);
    if (fresh.empty()) return true;
    if (log::version_of(*fresh.front(), entity) != had + 1) return false;
    const auto rows = kind->has_collections() ? store_.collections_of(entity) : nullptr;
    auto folded = kind->fold(row.value() ? row.value()->state : std::string(), fresh, rows.get());
    if (!folded) return false;
    const auto& first = *fresh.front();
    EntityRow made{kind->state_version(), log::version_of(*fresh.back(), entity), first.organisation, first.project,
                   std::move(folded.value().state)};
    if (rows) changes_.collections.emplace_back(entity, std::move(folded.value().rows));
    // A new one that owes nothing has no row to remove: each removal would cost every later start a look.
    if (had == 0 && folded.value().agenda.empty())
      changes_.entities.emplace_back(entity, std::move(made));
    else
      put(entity, std::move(made), std::move(folded.value().agenda));
    return true;
  }

  void rebuild(const std::string& entity) {
    const auto* kind = kinds_.of(entity);
    auto row = active_.rebuild(*kind, entity);
    if (!row) {
      // A mark: loading it finds the fault again and sets the entity aside. Without it, it would be taken for what it
      // was before these events.
      put(entity, EntityRow{kNotFolded, 0, {}, {}, {}}, {});
      return;
    }
    const auto rows = kind->has_collections() ? store_.collections_of(entity) : nullptr;
    auto folded = kind->fold(row.value().state, {}, rows.get());
    put(entity, std::move(row).value(), folded ? std::move(folded.value().agenda) : Agenda{});
  }

  void put(const std::string& entity, EntityRow row, Agenda agenda) {
    changes_.agendas.emplace_back(entity, std::move(agenda));
    changes_.entities.emplace_back(entity, std::move(row));
  }

  StateStore& store_;
  const Kinds& kinds_;
  ActiveEntities& active_;
  std::unordered_map<std::string, std::vector<const log::Record*>> events_;
  StateChanges changes_;
};

/// True when the store's head is a batch of this log.
bool belongs(log::Log& log, PartitionId partition, const log::Head& stored, const log::Head& head) {
  if (stored == log::Head{}) return true;
  if (stored.seq > head.seq || stored.seq == 0) return false;
  // A batch without records behind that seq is read with the one that follows.
  for (const auto from : {stored.seq, stored.seq + 1}) {
    const auto batches = log.read(partition, from, 1);
    if (batches && std::any_of(batches.value().begin(), batches.value().end(),
                               [&](const log::BatchPtr& batch) { return batch->end.hash == stored.hash; }))
      return true;
  }
  return false;
}

}  // namespace

Result<void> Runner::own(PartitionId partition) {
  const WithLog with_log(*this);
  HUB_TRY(const auto head, log_.claim(partition, options_.node));
  return take_up(partition, head);
}

Result<void> Runner::take_up(PartitionId partition, const log::Head& head) {
  disown(partition);
  if (auto caught_up = catch_up(partition, head); !caught_up) {
    alarm(partition, caught_up.error());
    return std::move(caught_up).error();
  }
  heads_[partition] = head;
  owned_[partition] = true;
  load_agenda(partition);
  feed_.follow(partition, store_.consumed(partition, partition_count()));
  begin_commands(partition, store_.commands_consumed(partition));
  return success();
}

void Runner::disown(PartitionId partition) {
  const auto is_of = [this, partition](const std::string& entity) {
    return is_id(entity) && partition_of(entity, partition_count()) == partition;
  };
  heads_.erase(partition);
  owned_[partition] = false;
  drop_arrived(partition);
  // A checkpoint of a batch that came to nothing signed nothing.
  checkpointed_.erase(partition);
  unread_.erase(partition);
  feed_.forget(partition);
  active_.drop_those(is_of);
  agenda_.forget_those(is_of);
  withdraw_effects();
  // What is to be done on this machine stays to be done, whoever owns it next.
  followed_.erase(partition);
  share_news_ = true;
}

Result<void> Runner::catch_up(PartitionId partition, const log::Head& head) {
  auto stored = store_.head(partition);
  if (!belongs(log_, partition, stored, head)) {
    store_.drop_partition(partition, partition_count());
    stored = {};
  }
  while (stored.seq < head.seq) {
    HUB_TRY(fold_next(partition, stored));
  }
  return success();
}

/// One read of the log; moves `stored` along.
Result<void> Runner::fold_next(PartitionId partition, log::Head& stored) {
  HUB_TRY(const auto batches, log_.read(partition, stored.seq + 1, kReadBytes));
  if (batches.empty()) return internal_failure("log.corrupt", "the log ends before its head");
  Folding folding(store_, kinds_, active_);
  for (const auto& batch : batches) folding.add(*batch);
  const auto& changes = folding.store();
  if (!options_.host.empty() && !owns(partition))
    for (const auto& [entity, agenda] : changes.agendas) take_on(entity, agenda);
  stored = store_.head(partition);
  return success();
}

/// Reads on what others own, so that it can be taken over at once. True: there may be more.
bool Runner::follow_share() {
  share_news_ = false;
  for (std::size_t looked_at = 0; looked_at < share_.size(); ++looked_at) {
    const auto partition = share_[(share_next_ + looked_at) % share_.size()];
    if (owns(partition)) continue;
    const auto head = log_.head(partition);
    auto stored = store_.head(partition);
    const bool known = followed_.count(partition) > 0;
    if (known && stored.seq >= head.seq) continue;
    // The others have their turn next, however much is written to this one.
    share_next_ += looked_at + 1;
    const auto folded = known ? fold_next(partition, stored) : catch_up(partition, head);
    if (!folded) {
      alarm(partition, folded.error());
      std::erase(share_, partition);
      return true;
    }
    if (!known && !options_.host.empty()) load_agenda(partition);
    // One at a time: what is owned comes first.
    followed_.insert(partition);
    share_news_ = true;
    return true;
  }
  return false;
}

void Runner::load_agenda(PartitionId partition) {
  store_.agendas([this, partition](const std::string& entity, Agenda agenda) {
    if (is_id(entity) && partition_of(entity, partition_count()) == partition) take_on(entity, std::move(agenda), true);
  });
}

/// All that an owned entity owes; of what others own, what is to be done here. Whether it owes or owed any.
bool Runner::take_on(const std::string& entity, Agenda agenda, bool resumed) {
  if (!owns(partition_of(entity, partition_count())))
    std::erase_if(agenda, [&](const Due& due) { return due.place.empty() || !agenda_.is_here(due.place); });
  return agenda_.replace(entity, std::move(agenda), resumed);
}

}  // namespace hub::engine
