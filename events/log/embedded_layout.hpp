#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "events/log/record.hpp"

namespace hub::log {

/// Where a batch lies among those of its partition. Batches without records share `first` with the next that has some;
/// `turn` counts them from 0.
struct BatchKey {
  PartitionId partition = 0;
  Seq first = 0;
  std::uint32_t turn = 0;
  bool operator==(const BatchKey&) const = default;
};
/// Big-endian, so that the order of keys is the order of batches.
std::string batch_key(const BatchKey& key);
std::optional<BatchKey> parse_batch_key(std::string_view bytes);

/// An encoded batch behind the hash that it links to: a stored batch can be verified alone.
std::string stored_batch(const Digest& link, const Batch& batch);
struct StoredBatch {
  Digest link{};
  Batch batch;
};
/// Decodes and verifies everything: CRC, structure, key, chain. Fails: internal `log.corrupt` naming the position.
Result<StoredBatch> load_batch(const BatchKey& key, std::string_view bytes);
/// The encoded batch inside a stored one; empty when it is too short.
std::string_view encoded_part(std::string_view stored);

/// Index of entities: prefix + version → the place of the record.
std::string entity_prefix(std::string_view entity);
std::string entity_key(std::string_view entity, Version version);
std::string entity_place(const BatchKey& batch, Seq seq);
struct EntityPlace {
  BatchKey batch;
  Seq seq = 0;
};
std::optional<EntityPlace> parse_entity_place(std::string_view bytes);

/// Index of time: (partition, index time) → seq of the last record up to then.
std::string time_key(PartitionId partition, Instant at);

/// Fails: internal `log.corrupt`, with the position in front of the reason.
Failure corrupt_at(Position position, std::string_view reason);

/// Written once, when the log is made.
struct Meta {
  std::uint32_t partitions = 0;
  std::uint64_t incarnation = 0;
  bool operator==(const Meta&) const = default;
};
std::string encode_meta(const Meta& meta);
Result<Meta> decode_meta(std::string_view bytes);

}  // namespace hub::log
