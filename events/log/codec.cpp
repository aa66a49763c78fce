#include <algorithm>

#include "events/log/chain.hpp"
#include "events/log/encoding.hpp"

namespace hub::log {
namespace {

constexpr std::size_t kCrcSize = 4;
/// Room for the lengths and numbers of one record, so that encoding allocates once.
constexpr std::size_t kRecordOverhead = 96;

Failure corrupt(std::string_view what) {
  return internal_failure("log.corrupt", what);
}

void append_crc(std::string& out) {
  const auto crc = crc32c(out);
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(crc >> shift);
}

bool crc_fits(std::string_view body, std::string_view tail) {
  std::uint32_t stored = 0;
  for (std::size_t i = 0; i < kCrcSize; ++i) stored |= std::uint32_t{static_cast<unsigned char>(tail[i])} << (8 * i);
  return stored == crc32c(body);
}

/// Reads field by field; once one is missing, `good` stays false.
struct Reader {
  std::string_view rest;
  bool good = true;

  std::uint64_t number() {
    std::uint64_t value = 0;
    good = good && take_varint(rest, value);
    return value;
  }
  std::int64_t signed_number() { return unzigzag(number()); }
  std::string_view bytes() {
    std::string_view part;
    good = good && take_sized(rest, part);
    return part;
  }
  std::string text() { return std::string(bytes()); }
  template <std::size_t Size>
  void fixed(std::array<std::uint8_t, Size>& out) {
    good = good && rest.size() >= Size;
    if (!good) return;
    std::copy_n(rest.begin(), Size, out.begin());
    rest.remove_prefix(Size);
  }
  /// A count of things that take at least one byte each: bounded by what is left, so that a bad one allocates nothing.
  std::size_t count() {
    const auto value = number();
    good = good && value <= rest.size();
    return good ? static_cast<std::size_t>(value) : 0;
  }
};

Outcome take_outcome(Reader& in) {
  Outcome outcome;
  outcome.command_id = in.text();
  outcome.body_hash = in.text();
  outcome.status = static_cast<std::int32_t>(in.signed_number());
  outcome.code = in.text();
  outcome.detail = in.text();
  outcome.field = in.text();
  outcome.entity = in.text();
  outcome.version = in.number();
  return outcome;
}

void take_end(Reader& in, PartitionId& partition, BatchEnd& end) {
  in.good = in.good && in.number() == 0;
  partition = static_cast<PartitionId>(in.number());
  end.epoch = in.number();
  end.first = in.number();
  end.last = in.number();
  end.count = static_cast<std::uint32_t>(in.number());
  end.index_time = {in.signed_number()};
  for (auto left = in.count(); left > 0 && in.good; --left) {
    auto source = in.text();
    end.consumed.push_back({std::move(source), in.number()});
  }
  for (auto left = in.count(); left > 0 && in.good; --left) end.outcomes.push_back(take_outcome(in));
  in.fixed(end.hash);
}

std::size_t size_of(const Batch& batch) {
  std::size_t size = 256;
  for (const auto& record : batch.records)
    size += kRecordOverhead + record.type.size() + record.entity.size() + record.parent.size() +
            record.command_id.size() + record.actor.size() + record.organisation.size() + record.project.size() +
            record.correlation_id.size() + record.data.size();
  for (const auto& outcome : batch.end.outcomes)
    size += kRecordOverhead + outcome.command_id.size() + outcome.detail.size() + outcome.entity.size();
  return size;
}

}  // namespace

void append_record_header(std::string& out, const Record& record) {
  out += static_cast<char>(record.kind);
  append_varint(out, record.seq);
  append_sized(out, record.type);
  append_sized(out, record.entity);
  append_varint(out, record.version);
  append_sized(out, record.parent);
  append_varint(out, record.parent_version);
  append_varint(out, zigzag(record.time.micros));
  append_sized(out, record.command_id);
  append_sized(out, record.actor);
  append_sized(out, record.organisation);
  append_sized(out, record.project);
  append_sized(out, record.correlation_id);
}

void append_end_fields(std::string& out, PartitionId partition, const BatchEnd& end) {
  out += '\0';
  append_varint(out, partition);
  append_varint(out, end.epoch);
  append_varint(out, end.first);
  append_varint(out, end.last);
  append_varint(out, end.count);
  append_varint(out, zigzag(end.index_time.micros));
  append_varint(out, end.consumed.size());
  for (const auto& consumed : end.consumed) {
    append_sized(out, consumed.source);
    append_varint(out, consumed.position);
  }
  append_varint(out, end.outcomes.size());
  for (const auto& outcome : end.outcomes) {
    append_sized(out, outcome.command_id);
    append_sized(out, outcome.body_hash);
    append_varint(out, zigzag(outcome.status));
    append_sized(out, outcome.code);
    append_sized(out, outcome.detail);
    append_sized(out, outcome.field);
    append_sized(out, outcome.entity);
    append_varint(out, outcome.version);
  }
}

std::string encode_end(PartitionId partition, const BatchEnd& end) {
  std::string out;
  append_end_fields(out, partition, end);
  out += as_bytes(end.hash);
  return out;
}

std::optional<EndView> decode_end(std::string_view bytes) {
  EndView view;
  Reader in{bytes};
  take_end(in, view.partition, view.end);
  if (!in.good || !in.rest.empty()) return std::nullopt;
  return view;
}

std::string encode_batch(const Batch& batch) {
  std::string out;
  out.reserve(size_of(batch));
  out += kBatchFormat;
  append_end_fields(out, batch.partition, batch.end);
  out += as_bytes(batch.end.hash);
  append_varint(out, batch.records.size());
  thread_local std::string header;
  for (const auto& record : batch.records) {
    header.clear();
    append_record_header(header, record);
    append_varint(out, header.size() + record.chain.size() + record.data.size());
    out += header;
    out.append(record.chain.begin(), record.chain.end());
    out += record.data;
  }
  append_crc(out);
  return out;
}

Result<BatchView> view_batch(std::string_view bytes) {
  if (bytes.size() <= kCrcSize) return corrupt("a batch is cut short");
  if (bytes.front() != kBatchFormat)
    return corrupt("a batch has the unknown format " + std::to_string(static_cast<unsigned char>(bytes.front())));
  const auto body = bytes.substr(0, bytes.size() - kCrcSize);
  if (!crc_fits(body, bytes.substr(body.size()))) return corrupt("the CRC of a batch does not fit");
  Reader in{body.substr(1)};
  BatchView batch;
  take_end(in, batch.partition, batch.end);
  const auto count = in.count();
  batch.records.reserve(count);
  for (std::size_t i = 0; i < count && in.good; ++i) batch.records.push_back(in.bytes());
  if (!in.good || !in.rest.empty()) return corrupt("a batch is malformed");
  return batch;
}

std::optional<Record> decode_record(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  Record record;
  record.kind = static_cast<RecordKind>(bytes.front());
  Reader in{bytes.substr(1)};
  record.seq = in.number();
  record.type = in.text();
  record.entity = in.text();
  record.version = in.number();
  record.parent = in.text();
  record.parent_version = in.number();
  record.time = {in.signed_number()};
  record.command_id = in.text();
  record.actor = in.text();
  record.organisation = in.text();
  record.project = in.text();
  record.correlation_id = in.text();
  in.fixed(record.chain);
  if (!in.good || record.kind < RecordKind::event || record.kind > RecordKind::checkpoint) return std::nullopt;
  record.data = in.rest;
  return record;
}

Result<Batch> decode_batch(std::string_view bytes) {
  HUB_TRY(auto view, view_batch(bytes));
  Batch batch;
  batch.partition = view.partition;
  batch.end = std::move(view.end);
  batch.records.reserve(view.records.size());
  for (const auto part : view.records) {
    auto record = decode_record(part);
    if (!record) return corrupt("a record of a batch is malformed");
    batch.records.push_back(std::move(*record));
  }
  return batch;
}

}  // namespace hub::log
