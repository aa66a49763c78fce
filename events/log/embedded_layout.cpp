#include "events/log/embedded_layout.hpp"

#include <algorithm>

#include "events/core/big_endian.hpp"
#include "events/log/chain.hpp"
#include "events/log/encoding.hpp"

namespace hub::log {
namespace {

constexpr std::size_t kBatchKeySize = 16;
constexpr char kMetaVersion = 1;

}  // namespace

std::string batch_key(const BatchKey& key) {
  std::string out;
  out.reserve(kBatchKeySize);
  append_big_endian(out, key.partition);
  append_big_endian(out, key.first);
  append_big_endian(out, key.turn);
  return out;
}

std::optional<BatchKey> parse_batch_key(std::string_view bytes) {
  if (bytes.size() != kBatchKeySize) return std::nullopt;
  BatchKey key;
  key.partition = take_big_endian<PartitionId>(bytes);
  key.first = take_big_endian<Seq>(bytes);
  key.turn = take_big_endian<std::uint32_t>(bytes);
  return key;
}

std::string stored_batch(const Digest& link, const Batch& batch) {
  std::string out(as_bytes(link));
  out += encode_batch(batch);
  return out;
}

std::string_view encoded_part(std::string_view stored) {
  return stored.size() < Digest{}.size() ? std::string_view{} : stored.substr(Digest{}.size());
}

Result<StoredBatch> load_batch(const BatchKey& key, std::string_view bytes) {
  const Position position{key.partition, key.first};
  auto decoded = decode_batch(encoded_part(bytes));
  if (!decoded) return corrupt_at(position, decoded.error().detail);
  StoredBatch stored{{}, std::move(decoded).value()};
  std::copy_n(bytes.begin(), stored.link.size(), stored.link.begin());
  const auto& end = stored.batch.end;
  if (stored.batch.partition != key.partition || end.first != key.first)
    return corrupt_at(position, "another batch lies at this place");
  Head before{key.first - 1, end.epoch, stored.link, end.index_time};
  if (const auto fault = follow(stored.batch, before)) return corrupt_at(fault->position, fault->reason);
  return stored;
}

std::string entity_prefix(std::string_view entity) {
  std::string out;
  out.reserve(entity.size() + 10 + sizeof(Version));
  append_sized(out, entity);
  return out;
}

std::string entity_key(std::string_view entity, Version version) {
  auto out = entity_prefix(entity);
  append_big_endian(out, version);
  return out;
}

std::string entity_place(const BatchKey& batch, Seq seq) {
  std::string out;
  append_varint(out, batch.partition);
  append_varint(out, batch.first);
  append_varint(out, batch.turn);
  append_varint(out, seq - batch.first);
  return out;
}

std::optional<EntityPlace> parse_entity_place(std::string_view bytes) {
  std::uint64_t partition = 0, first = 0, turn = 0, behind = 0;
  if (!take_varint(bytes, partition) || !take_varint(bytes, first) || !take_varint(bytes, turn) ||
      !take_varint(bytes, behind) || !bytes.empty())
    return std::nullopt;
  return EntityPlace{{static_cast<PartitionId>(partition), first, static_cast<std::uint32_t>(turn)}, first + behind};
}

std::string time_key(PartitionId partition, Instant at) {
  std::string out;
  append_big_endian(out, partition);
  // The sign turned over, so that times before 1970 sort first.
  append_big_endian(out, static_cast<std::uint64_t>(at.micros) ^ (std::uint64_t{1} << 63U));
  return out;
}

Failure corrupt_at(Position position, std::string_view reason) {
  return internal_failure("log.corrupt", to_text(position) + ": " + std::string(reason));
}

std::string encode_meta(const Meta& meta) {
  std::string out(1, kMetaVersion);
  append_big_endian(out, meta.partitions);
  append_big_endian(out, meta.incarnation);
  append_big_endian(out, crc32c(out));
  return out;
}

Result<Meta> decode_meta(std::string_view bytes) {
  if (bytes.size() != 17 || bytes.front() != kMetaVersion)
    return internal_failure("log.corrupt", "the log's first row has an unknown format");
  std::string_view rest = bytes.substr(1);
  Meta meta;
  meta.partitions = take_big_endian<std::uint32_t>(rest);
  meta.incarnation = take_big_endian<std::uint64_t>(rest);
  if (take_big_endian<std::uint32_t>(rest) != crc32c(bytes.substr(0, 13)) || meta.partitions == 0 ||
      meta.partitions > kShards)
    return internal_failure("log.corrupt", "the log's first row does not verify");
  return meta;
}

}  // namespace hub::log
