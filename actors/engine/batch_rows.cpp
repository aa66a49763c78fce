#include "actors/engine/batch_rows.hpp"

#include <unordered_map>

namespace hub::engine {

void add_batch_rows(const log::Batch& batch, StateChanges& changes) {
  for (const auto& consumed : batch.end.consumed)
    changes.messages_consumed.push_back(
        {batch.partition, static_cast<PartitionId>(std::stoul(consumed.source)), consumed.position});
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto& outcome : batch.end.outcomes) {
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
    if (record.entity == row.outcome.entity && record.version <= row.outcome.version) row.position.seq = record.seq;
  }
  changes.heads.emplace_back(batch.partition,
                             log::Head{batch.end.last, batch.end.epoch, batch.end.hash, batch.end.index_time});
}

}  // namespace hub::engine
