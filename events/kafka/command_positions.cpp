#include "events/kafka/command_positions.hpp"

#include "events/kafka/committed.hpp"

namespace hub::kafka {
namespace {

constexpr Duration kLookPatience = seconds(30);

}  // namespace

std::optional<std::uint64_t> commands_of(const log::Batch& batch) {
  for (const auto& [source, position] : batch.end.consumed)
    if (source == log::kCommandsSource) return position;
  return std::nullopt;
}

std::uint64_t commands_decided(log::Mirror& mirror, PartitionId partition) {
  // Claims consume nothing; there may be some at the end.
  for (auto seq = mirror.head(partition).seq; seq > 0;) {
    const auto batches = mirror.read(partition, seq, 1);
    if (!batches || batches.value().empty()) break;
    const auto& batch = *batches.value().front();
    if (const auto position = commands_of(batch)) return *position;
    seq = batch.end.first - 1;
  }
  return 0;
}

Result<std::vector<std::uint64_t>> lost_commands(const Brokers& brokers, const std::string& topic,
                                                 const std::vector<std::uint64_t>& decided) {
  HUB_TRY(const auto spans,
          committed_spans(brokers, topic, static_cast<std::uint32_t>(decided.size()), Patience(kLookPatience)));
  std::vector<std::uint64_t> kept_from(decided.size());
  for (std::size_t id = 0; id < decided.size(); ++id) {
    const auto low = static_cast<std::uint64_t>(std::max<std::int64_t>(0, spans[id].low));
    if (low > decided[id]) kept_from[id] = low;
  }
  return kept_from;
}

Failure commands_truncated(const std::string& topic, const std::vector<std::uint64_t>& decided,
                           const std::vector<std::uint64_t>& kept_from) {
  std::string places;
  for (std::size_t id = 0; id < kept_from.size(); ++id)
    if (kept_from[id] > 0)
      places += (places.empty() ? "" : ", ") + std::to_string(id) + " (" + std::to_string(kept_from[id] - decided[id]) +
                " from offset " + std::to_string(decided[id]) + " on)";
  return {FailureKind::gone, "commands.truncated",
          "commands that nobody has decided are not kept any more on " + topic + ", in partition " + places +
              ": its retention passed them while no node ran. Give it a longer retention.ms, and start with "
              "--skip-lost-commands to go on with those that are still there; who sent the others may send them again",
          "", 0};
}

Failure events_truncated(const std::string& topic, PartitionId partition) {
  return {FailureKind::gone, "log.truncated",
          "partition " + std::to_string(partition) + " of " + topic +
              " is kept no longer from where this node has read to; what lies between is not skipped. Its retention.ms "
              "and retention.bytes are to be -1. Put a copy of the log folder of a node that has read further in the "
              "place of this one's, or restore such a node's backup",
          "", 0};
}

}  // namespace hub::kafka
