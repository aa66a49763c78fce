#pragma once
#include <vector>

#include "events/kafka/client.hpp"
#include "events/log/mirror.hpp"

namespace hub::kafka {

/// The offset behind the last command that a batch decided, as that batch says; none does where it decided nothing.
std::optional<std::uint64_t> commands_of(const log::Batch& batch);

/// The same of a whole partition: of the last batch that says so. 0: none does.
std::uint64_t commands_decided(log::Mirror& mirror, PartitionId partition);

/// Where the commands of each partition begin that are still kept, if that is behind what was decided of them; else 0.
/// Fails: as failure_of().
Result<std::vector<std::uint64_t>> lost_commands(const Brokers& brokers, const std::string& topic,
                                                 const std::vector<std::uint64_t>& decided);

/// gone `commands.truncated`, with the partitions and what can be done about it.
Failure commands_truncated(const std::string& topic, const std::vector<std::uint64_t>& decided,
                           const std::vector<std::uint64_t>& kept_from);

/// gone `log.truncated`, with what can be done about it.
Failure events_truncated(const std::string& topic, PartitionId partition);

}  // namespace hub::kafka
