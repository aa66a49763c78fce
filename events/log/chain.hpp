#pragma once
#include <optional>

#include "events/log/record.hpp"

namespace hub::log {

/// Gives the records of `batch` their seq and chain bytes, closes it with `end.first/last/count/hash`, and moves
/// `head` behind it. Takes from the caller: partition, records, end.epoch, end.consumed, end.outcomes and
/// end.index_time (raised to head.index_time when it lies before it).
///
/// Chain: h0 = head.hash; h = SHA-256(h ‖ header of the record ‖ SHA-256(data)); end.hash = SHA-256(h ‖ fields of
/// the end). Each variable-length part is length-prefixed, so no two batches share an encoding.
void seal(Batch& batch, Head& head);

/// What is wrong with a batch that claims to follow `head`.
struct ChainFault {
  Position position;   ///< the first bad one
  std::string reason;  ///< for people: "seq 7 follows 5", "hash of the record does not fit", …
  std::string code = "log.corrupt";
};

/// Checks that `batch` follows `head` and moves `head` behind it; nothing moves when there is a fault.
std::optional<ChainFault> follow(const Batch& batch, Head& head);

/// As follow(), of a batch that was sealed here or verified whole on its way: looks at the numbers and at the first
/// link only, so that it costs the same for any size.
std::optional<ChainFault> attach(const Batch& batch, Head& head);

/// True when `batch` was sealed on `head` under its epoch: what an append checks. Looks at the numbers and at the first
/// link only, so that it costs the same for any size.
bool continues(const Batch& batch, const Head& head);

/// The version byte in front of a stored batch.
inline constexpr char kBatchFormat = 1;
/// The compact binary envelope in which batches are stored: kBatchFormat, lengths as varints, JSON data as bytes,
/// and a CRC-32C over all of it. decode fails: internal `log.corrupt` naming what is wrong.
std::string encode_batch(const Batch& batch);
Result<Batch> decode_batch(std::string_view bytes);

}  // namespace hub::log
