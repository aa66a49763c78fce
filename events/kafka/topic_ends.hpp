#pragma once
#include <map>

#include "events/core/ids.hpp"
#include "events/kafka/client.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka {

/// Seq of the last batch that lies committed in each partition of a topic of events, as its last records say; those of
/// which they say nothing are left out. Reads a few records of each. Fails: invalid `kafka.conf`; unavailable
/// `kafka.unreachable` when not all of it comes within `patience`.
Result<std::map<PartitionId, Seq>> topic_ends(const Brokers& brokers, const std::string& topic,
                                              std::uint32_t partitions, Duration patience = kPatience);

}  // namespace hub::kafka
