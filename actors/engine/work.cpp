#include "actors/engine/work.hpp"

#include <algorithm>
#include <caf/actor_cast.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <utility>

#include "actors/engine/batch_rows.hpp"
#include "actors/engine/message_codec.hpp"
#include "actors/engine/turn_ref.hpp"
#include "events/log/chain.hpp"

namespace hub::engine {
namespace {

/// After so many rounds the messages wait for the next batch.
constexpr int kRoundsMax = 8;
constexpr std::string_view kQuarantined = "entity.quarantined";

Failure expired() {
  return {FailureKind::expired, "command.expired", "the deadline passed before it was decided; nothing changed", "", 0};
}
Failure moved() {
  return unavailable("partition.moved", "another node owns this entity now; try again");
}
void refuse(log::Outcome& outcome, const Failure& refusal) {
  outcome.status = refusal.http_status();
  outcome.code = refusal.code;
  outcome.detail = refusal.detail;
  outcome.field = refusal.field;
}

}  // namespace

Work::Work(Runner& runner, std::vector<Submission> inputs, Instant now)
    : runner_(runner), number_(++runner.works_), now_(now) {
  for (auto& input : inputs) items.emplace_back().submission = std::move(input);
}

void Work::decide(const std::vector<PartitionId>& marks) {
  for (const auto partition : marks) batch_of(partition);
  std::vector<WorkItem*> round;
  round.reserve(items.size());
  for (auto& item : items)
    if (!settle_early(item)) round.push_back(&item);
  for (int number = 1; !round.empty(); ++number) round = run_round(round, number == kRoundsMax);
  bury_undecided_messages();
  for (auto& item : items) add_outcome(item);
}

void Work::bury_undecided_messages() {
  for (const auto& item : items) {
    const auto& input = item.submission.input;
    if (input.source != Input::Source::message) continue;
    // However it went, its target's batch says that it was consumed.
    if (item.submission.from && runner_.owns(partition_of(input.entity, runner_.partition_count())))
      batch_of(input.entity);
    if (!item.decision.threw && item.decision.refusal && item.decision.refusal->code == kQuarantined)
      bury(item, item.decision.refusal->code);
  }
}

bool Work::settle_early(WorkItem& item) {
  const auto& input = item.submission.input;
  if (input.hops > kHopsMax) {
    bury(item, "hops");
    item.decision.refusal = internal_failure("message.loop", "the chain of messages is too long");
    return true;
  }
  if (is_id(input.entity) && !runner_.owns(partition_of(input.entity, runner_.partition_count()))) {
    item.known = Reply{moved(), input.entity, 0, {}, nullptr, false};
    return true;
  }
  if (input.source != Input::Source::command) return false;
  if (settle_repeat(item)) return true;
  if (input.deadline.is_set() && input.deadline < now_) {
    item.known = Reply{expired(), input.entity, 0, {}, nullptr, false};
    return true;
  }
  return false;
}

bool Work::settle_repeat(WorkItem& item) {
  const auto& input = item.submission.input;
  if (input.command_id.empty()) return false;
  const auto [place, fresh] = by_command_.try_emplace(input.command_id, &item);
  if (!fresh) {
    // The first of them is decided in this batch; this one is answered with it.
    item.known.emplace();
    if (place->second->submission.input.body_hash != input.body_hash)
      item.known->refusal = other_body();
    else if (item.submission.done)
      place->second->also.push_back(std::exchange(item.submission.done, nullptr));
    return true;
  }
  const auto row = runner_.store_.command(input.command_id, now_);
  if (!row || !is_final(row->outcome)) return false;
  item.known = repeated_reply(*row, input.body_hash);
  return true;
}

std::vector<WorkItem*> Work::run_round(const std::vector<WorkItem*>& round, bool last) {
  auto groups = group(round);
  run_turns(groups);
  std::vector<WorkItem*> next;
  for (auto* item : round) record(*item, last, next);
  return next;
}

Work::Groups Work::group(const std::vector<WorkItem*>& round) {
  Groups groups;
  groups.reserve(round.size());
  std::unordered_map<std::string_view, std::size_t> places;
  for (auto* item : round) {
    const auto& entity = item->submission.input.entity;
    const auto [place, fresh] = places.try_emplace(entity, groups.size());
    if (fresh) groups.emplace_back(entity, Group{});
    groups[place->second].second.items.push_back(item);
  }
  return groups;
}

void Work::run_turns(Groups& groups) {
  for (auto& [entity, group] : groups) {
    auto active = runner_.active_.get(entity);
    if (!active) {
      for (auto* item : group.items) item->decision.refusal = active.error();
      continue;
    }
    group.active = active.value();
    group.turn.now = now_;
    group.turn.batch = number_;
    for (const auto* item : group.items) group.turn.inputs.push_back(&item->submission.input);
    auto* actor = caf::actor_cast<caf::abstract_actor*>(group.active->actor);
    actor->enqueue(nullptr, caf::make_message_id(), caf::make_message(TurnRef{&group.turn}), &runner_.unit_);
  }
  runner_.unit_.drain();
  for (auto& [entity, group] : groups)
    if (group.active != nullptr) finish_turn(entity, group);
}

void Work::finish_turn(const std::string& entity, Group& group) {
  auto& turn = group.turn;
  HUB_ASSERT(turn.decisions.size() == group.items.size());
  for (std::size_t i = 0; i < group.items.size(); ++i) group.items[i]->decision = std::move(turn.decisions[i]);
  if (turn.poisoned) {
    for (auto* item : group.items) {
      bury(*item, "evolve: " + turn.poison);
      item->decision = {};
      item->decision.threw = true;
      item->decision.refusal = unavailable(kQuarantined, "this entity is set aside after a fault");
    }
    runner_.active_.quarantine(entity, turn.poison);
    return;
  }
  for (auto* item : group.items) {
    if (item->decision.threw) bury(*item, "decide threw");
    // A caller is told; a message or the result of an effect has nobody who would notice.
    if (item->decision.unreadable && item->submission.input.source != Input::Source::command)
      bury(*item, item->decision.refusal->code);
  }
  auto& touched_entity = touched[entity];
  if (touched_entity.version == 0) touched_entity.version = group.active->version;
  adopt_owner(*group.active, group.items);
  touched_entity.organisation = group.active->organisation;
  touched_entity.project = group.active->project;
  for (auto* item : group.items) {
    item->version = touched_entity.version += item->decision.events.size();
  }
  group.active->version = touched_entity.version;
  if (!turn.changed) return;
  touched_entity.changed = true;
  touched_entity.state = std::move(turn.state);
  touched_entity.agenda = std::move(turn.agenda);
  touched_entity.rows = std::move(turn.rows);
}

/// A new entity belongs to whoever made it.
void Work::adopt_owner(Active& active, const std::vector<WorkItem*>& items_of_entity) {
  if (active.version > 0) return;
  for (const auto* item : items_of_entity) {
    if (item->decision.events.empty()) continue;
    active.organisation = item->submission.input.organisation;
    active.project = item->submission.input.project;
    return;
  }
}

void Work::record(WorkItem& item, bool last_round, std::vector<WorkItem*>& next) {
  const auto& input = item.submission.input;
  if (item.decision.events.empty()) return;
  auto version = item.version - item.decision.events.size();
  const auto& owner = touched.at(input.entity);
  for (auto& event : item.decision.events) {
    log::Record made;
    made.type = std::move(event.type);
    made.data = std::move(event.data);
    ++version;
    if (event.part.entity.empty()) {
      made.entity = input.entity;
      made.version = version;
    } else {
      made.entity = std::move(event.part.entity);
      made.version = event.part.version;
      made.parent = input.entity;
      made.parent_version = version;
    }
    made.time = now_;
    made.command_id = input.command_id;
    made.actor = input.actor;
    made.organisation = owner.organisation;
    made.project = owner.project;
    made.correlation_id = input.correlation_id;
    auto& batch = batch_of(input.entity);
    batch.records.push_back(std::move(made));
    // The place in the batch for now; seal() makes a seq of it.
    item.position = {batch.partition, batch.records.size()};
  }
  for (const auto& message : item.decision.messages) send(item, message, last_round, next);
}

void Work::send(WorkItem& item, const Message& message, bool last_round, std::vector<WorkItem*>& next) {
  const auto& cause = item.submission.input;
  if (!is_id(message.to)) {
    bury(item, "message to an id that is none");
    return;
  }
  if (!last_round && shard_of(message.to) == shard_of(cause.entity)) {
    auto& made = items.emplace_back();
    made.submission.input = local_message_input(message, cause);
    if (!settle_early(made)) next.push_back(&made);
    return;
  }
  batch_of(cause.entity).records.push_back(message_record(message, cause, now_));
}

void Work::bury(const WorkItem& item, std::string reason) {
  auto& letter = dead_letters.emplace_back();
  letter.at = now_;
  letter.node = runner_.options_.node;
  letter.reason = std::move(reason);
  letter.input = item.submission.input;
  letter.id = letter_id(letter);
}

log::Batch& Work::batch_of(const std::string& entity) {
  return batch_of(partition_of(entity, runner_.partition_count()));
}

log::Batch& Work::batch_of(PartitionId partition) {
  auto& batch = batches_[partition];
  batch.partition = partition;
  return batch;
}

void Work::add_outcome(WorkItem& item) {
  const auto& input = item.submission.input;
  if (input.source != Input::Source::command || input.command_id.empty() || !is_id(input.entity)) return;
  // Whoever sent it by the log learns by the log what became of it, also that it is a repeat, or came too late.
  const bool by_log = item.submission.offset.has_value();
  if (item.known && (!by_log || !runner_.owns(partition_of(input.entity, runner_.partition_count())))) return;
  log::Outcome outcome;
  outcome.command_id = input.command_id;
  outcome.body_hash = input.body_hash;
  outcome.entity = input.entity;
  outcome.version = item.version;
  const auto& refusal = item.known ? item.known->refusal : item.decision.refusal;
  if (item.known && item.known->repeated)
    outcome.status = log::kDecidedEarlier;
  else if (refusal)
    refuse(outcome, *refusal);
  else if (item.known)
    return;  // a repeat within this batch
  if (!by_log && !is_final(outcome)) return;
  batch_of(input.entity).end.outcomes.push_back(std::move(outcome));
}

std::vector<log::BatchPtr> Work::seal(std::map<PartitionId, log::Head>& heads) {
  std::vector<log::BatchPtr> sealed;
  std::map<PartitionId, Seq> before;
  for (auto& [partition, batch] : batches_) {
    auto& head = heads.at(partition);
    batch.end.consumed = runner_.consumed(partition);
    // Where others may own the partition later, they must know what was refused, too.
    const bool refusals_only = !runner_.log_.is_shared() && batch.records.empty() && batch.end.consumed.empty() &&
                               std::none_of(batch.end.outcomes.begin(), batch.end.outcomes.end(),
                                            [](const log::Outcome& outcome) { return outcome.accepted(); });
    if (refusals_only) {
      for (auto& outcome : batch.end.outcomes) unwritten.push_back(std::move(outcome));
      continue;
    }
    if (runner_.checkpoint_due(partition, head, now_))
      batch.records.push_back(runner_.make_checkpoint(partition, head, now_));
    batch.end.epoch = head.epoch;
    batch.end.index_time = now_;
    before[partition] = head.seq;
    log::seal(batch, head);
    sealed.push_back(std::make_shared<const log::Batch>(std::move(batch)));
  }
  for (auto& item : items)
    if (item.position.seq > 0) item.position.seq += before[item.position.partition];
  return sealed;
}

}  // namespace hub::engine
