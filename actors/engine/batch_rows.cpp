#include "actors/engine/batch_rows.hpp"

#include <unordered_map>

namespace hub::engine {

bool is_final(const log::Outcome& outcome) {
  const auto is = [&](FailureKind kind) { return outcome.status == static_cast<std::int32_t>(kind); };
  return !is(FailureKind::expired) && !is(FailureKind::too_many) && !is(FailureKind::unavailable) &&
         !is(FailureKind::insufficient_storage);
}

std::optional<Failure> failure_of(const log::Outcome& outcome) {
  if (outcome.accepted()) return std::nullopt;
  return Failure{static_cast<FailureKind>(outcome.status), outcome.code, outcome.detail, outcome.field, 0};
}

Reply repeated_reply(const CommandRow& row, std::string_view body_hash) {
  const auto& outcome = row.outcome;
  if (outcome.body_hash != body_hash) return {other_body(), {}, 0, {}, nullptr, false};
  return {failure_of(outcome), outcome.entity, outcome.version, row.position, nullptr, true};
}

Failure other_body() {
  return conflict(kOtherBody, "this Idempotency-Key was used before with another request");
}

void add_batch_rows(const log::Batch& batch, StateChanges& changes) {
  for (const auto& [source, position] : batch.end.consumed) {
    const auto number = source == log::kCommandsSource ? kCommands : static_cast<PartitionId>(std::stoul(source));
    changes.consumed.push_back({batch.partition, number, position});
  }
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto& outcome : batch.end.outcomes) {
    // What these came second to has its row.
    if (outcome.status == log::kDecidedEarlier || outcome.code == kOtherBody) continue;
    CommandRow row;
    const bool created = outcome.accepted() && outcome.version == 1;
    if (!created) row.expires = batch.end.index_time + kCommandsKept;
    row.position = {batch.partition, batch.end.last};
    row.outcome = outcome;
    places.emplace(outcome.command_id, changes.commands.size());
    changes.commands.emplace_back(outcome.command_id, std::move(row));
  }
  // A reader sees what a command did at its last event.
  for (const auto& record : batch.records) {
    if (record.kind != log::RecordKind::event || record.command_id.empty()) continue;
    const auto place = places.find(record.command_id);
    if (place == places.end()) continue;
    auto& row = changes.commands[place->second].second;
    const auto& entity = row.outcome.entity;
    if ((record.entity == entity || record.parent == entity) && log::version_of(record, entity) <= row.outcome.version)
      row.position.seq = record.seq;
  }
  changes.heads.emplace_back(batch.partition,
                             log::Head{batch.end.last, batch.end.epoch, batch.end.hash, batch.end.index_time});
}

}  // namespace hub::engine
