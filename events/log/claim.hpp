#pragma once
#include <optional>

#include "events/log/record.hpp"

namespace hub::log {

inline constexpr std::string_view kClaimedType = "computehub.internal.claimed.v1";

/// Who claims, and what a claim tells of the claimant.
struct Claimant {
  std::string_view node;
  /// With which its transactions can be ended; none where the log has no such thing.
  std::vector<std::string> transactional_ids;
};

/// The sealed batch by which `claimant` becomes the owner behind `head`: one Claimed record, of the epoch `epoch`, or
/// the one behind the head's. Moves `head`. Its data: {"epoch": 3, "node": "…", "from": {"seq": 12, "hash": "…"}}, from
/// being the last complete batch; with "transactional_ids": […] behind it when there are some.
Batch claim_batch(PartitionId partition, Head& head, const Claimant& claimant, Instant now,
                  std::optional<Epoch> epoch = std::nullopt);

/// What a Claimed record says.
struct Claim {
  Epoch epoch = 0;
  std::string node;
  Seq from_seq = 0;
  Digest from_hash{};
  std::vector<std::string> transactional_ids;
};
/// Nothing when it is malformed.
std::optional<Claim> parse_claim(std::string_view data);

}  // namespace hub::log
