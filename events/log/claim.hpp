#pragma once
#include "events/log/record.hpp"

namespace hub::log {

inline constexpr std::string_view kClaimedType = "computehub.internal.claimed.v1";

/// The sealed batch by which `node` becomes the owner behind `head`: one Claimed record, of the next epoch. Moves
/// `head`. Its data: {"epoch": 3, "node": "…", "from": {"seq": 12, "hash": "…"}}, from being the last complete batch.
Batch claim_batch(PartitionId partition, Head& head, std::string_view node, Instant now);

}  // namespace hub::log
