#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "events/core/result.hpp"

namespace hub {

using PartitionId = std::uint32_t;
using Seq = std::uint64_t;      ///< position in a partition, from 1; 0 means "before the first"
using Version = std::uint64_t;  ///< position in an entity, from 1
using Epoch = std::uint64_t;    ///< from 1; grows with each claim of a partition

inline constexpr std::uint32_t kShards = 1'024;

/// An entity's id: prefix ("dep_"), 2 base32 characters of shard, 26 base32 characters of hash.
/// Derived from the command that creates it, so that a repeated create meets the entity it made.
/// `index` counts the entities that one command makes, from 0. The shard is drawn from the same hash.
std::string derive_id(std::string_view prefix, std::string_view command_id, std::uint32_t index);
/// The same with a shard chosen on purpose (0 to 1,023).
std::string derive_id_on_shard(std::string_view prefix, std::uint32_t shard, std::string_view command_id,
                               std::uint32_t index);
/// True for any prefix of three lower-case letters and "_", and 28 base32 digits of which the first two give a shard.
bool is_id(std::string_view id);
/// "dep_" of "dep_…". Needs is_id(id).
std::string_view prefix_of(std::string_view id);
/// Needs is_id(id).
std::uint32_t shard_of(std::string_view id);
/// The partition of a shard among `partitions` (1 to 1,024).
PartitionId partition_of_shard(std::uint32_t shard, std::uint32_t partitions);
/// Needs is_id(id).
PartitionId partition_of(std::string_view id, std::uint32_t partitions);

/// `partition:seq`, the place of one record.
struct Position {
  PartitionId partition = 0;
  Seq seq = 0;
  bool operator==(const Position&) const = default;
};
std::string to_text(Position position);
/// Fails: malformed `position.invalid`.
Result<Position> parse_position(std::string_view text);

/// SHA-256(organisation, principal, key) as 64 hexadecimal digits: the same key of two callers never meets.
std::string command_id_of_key(std::string_view organisation, std::string_view principal, std::string_view key);
/// A UUID of version 7, for commands sent without a key.
std::string random_command_id();

}  // namespace hub
