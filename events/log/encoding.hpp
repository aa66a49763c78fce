#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/varint.hpp"
#include "events/log/record.hpp"

namespace hub::log {

/// Whole numbers with a sign as varints: 0, -1, 1, -2 … become 0, 1, 2, 3 ….
inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

/// All of a record but its data and chain bytes; what the chain hashes and the envelope stores. Begins with the kind,
/// which is never 0.
void append_record_header(std::string& out, const Record& record);
/// All of an end but its hash, with the partition. Begins with a 0, so that no end reads like a record.
void append_end_fields(std::string& out, PartitionId partition, const BatchEnd& end);

/// An end alone, with its partition and hash.
std::string encode_end(PartitionId partition, const BatchEnd& end);
struct EndView {
  PartitionId partition = 0;
  BatchEnd end;
};
/// Nothing when it is malformed.
std::optional<EndView> decode_end(std::string_view bytes);

/// An encoded batch whose CRC and structure hold, with the records left undecoded. Points into the bytes it was
/// read from.
struct BatchView {
  PartitionId partition = 0;
  BatchEnd end;
  std::vector<std::string_view> records;
};
/// Fails: internal `log.corrupt`.
Result<BatchView> view_batch(std::string_view bytes);
/// One of BatchView::records. Nothing when it is malformed.
std::optional<Record> decode_record(std::string_view bytes);

}  // namespace hub::log
