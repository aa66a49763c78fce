#include "events/core/ids.hpp"

#include <charconv>

#include "events/core/base32.hpp"
#include "events/core/digest.hpp"
#include "events/core/instant.hpp"

namespace hub {
namespace {

constexpr std::size_t kPrefixSize = 4;
constexpr std::size_t kShardDigits = 2;
constexpr std::size_t kHashDigits = 26;

Digest id_hash(std::string_view prefix, std::string_view command_id, std::uint32_t index) {
  return sha256({prefix, command_id, ":", std::to_string(index)});
}

std::string with_shard(std::string_view prefix, std::uint32_t shard, const Digest& hash) {
  std::string id(prefix);
  id += kBase32Digits[shard >> 5U];
  id += kBase32Digits[shard & 31U];
  id += base32({hash.data(), 17}, kHashDigits);
  return id;
}

}  // namespace

std::string derive_id(std::string_view prefix, std::string_view command_id, std::uint32_t index) {
  const auto hash = id_hash(prefix, command_id, index);
  // The id's own digits use the first 17 bytes; the shard comes from behind them.
  const std::uint32_t shard = ((std::uint32_t{hash[30]} << 8U) | hash[31]) & (kShards - 1);
  return with_shard(prefix, shard, hash);
}

std::string derive_id_on_shard(std::string_view prefix, std::uint32_t shard, std::string_view command_id,
                               std::uint32_t index) {
  HUB_ASSERT(shard < kShards);
  return with_shard(prefix, shard, id_hash(prefix, command_id, index));
}

bool is_id(std::string_view id) {
  if (id.size() != kPrefixSize + kShardDigits + kHashDigits || id[3] != '_') return false;
  for (std::size_t i = 0; i < 3; ++i)
    if (id[i] < 'a' || id[i] > 'z') return false;
  for (const char digit : id.substr(kPrefixSize))
    if (base32_value(digit) < 0) return false;
  return true;
}

std::string_view prefix_of(std::string_view id) {
  return id.substr(0, kPrefixSize);
}

std::uint32_t shard_of(std::string_view id) {
  return static_cast<std::uint32_t>(base32_value(id[kPrefixSize]) * 32 + base32_value(id[kPrefixSize + 1]));
}

PartitionId partition_of_shard(std::uint32_t shard, std::uint32_t partitions) {
  return shard * partitions / kShards;
}

PartitionId partition_of(std::string_view id, std::uint32_t partitions) {
  return partition_of_shard(shard_of(id), partitions);
}

std::string to_text(Position position) {
  return std::to_string(position.partition) + ":" + std::to_string(position.seq);
}

Result<Position> parse_position(std::string_view text) {
  Position position;
  const char* const end = text.data() + text.size();
  const auto [colon, error] = std::from_chars(text.data(), end, position.partition);
  if (error == std::errc{} && colon != end && *colon == ':') {
    const auto [last, seq_error] = std::from_chars(colon + 1, end, position.seq);
    if (seq_error == std::errc{} && last == end) return position;
  }
  return malformed("position.invalid", "a position is written partition:seq");
}

std::string command_id_of_key(std::string_view organisation, std::string_view principal, std::string_view key) {
  constexpr std::string_view separator("\0", 1);
  return to_hex(sha256({organisation, separator, principal, separator, key}));
}

std::string random_command_id() {
  std::string bytes = random_bytes(16);
  const auto millis = static_cast<std::uint64_t>(wall_now().micros / 1'000);
  for (unsigned i = 0; i < 6; ++i) bytes[i] = static_cast<char>(millis >> (40 - 8 * i));
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  auto text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return text;
}

}  // namespace hub
