#include "actors/engine/row_codec.hpp"

#include <algorithm>

#include "events/core/digest.hpp"
#include "events/core/varint.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kCrcBytes = 4;

void put(std::string& out, std::uint64_t value) {
  append_varint(out, value);
}
void put(std::string& out, Instant at) {
  append_varint(out, static_cast<std::uint64_t>(at.micros));
}
void put(std::string& out, std::string_view text) {
  append_sized(out, text);
}

template <class Number>
bool take(std::string_view& bytes, Number& value) {
  std::uint64_t wide = 0;
  if (!take_varint(bytes, wide)) return false;
  value = static_cast<Number>(wide);
  return true;
}
bool take(std::string_view& bytes, Instant& at) {
  return take(bytes, at.micros);
}
bool take(std::string_view& bytes, std::string& text) {
  std::string_view part;
  if (!take_sized(bytes, part)) return false;
  text = part;
  return true;
}
template <class... Fields>
bool take_all(std::string_view& bytes, Fields&... fields) {
  return (take(bytes, fields) && ...);
}
template <class... Fields>
std::string put_all(const Fields&... fields) {
  std::string out;
  (put(out, fields), ...);
  return out;
}

}  // namespace

std::string encode_entity_row(const EntityRow& row) {
  auto bytes = put_all(std::uint64_t{row.state_version}, row.version, row.organisation, row.project, row.state);
  const auto crc = crc32c(bytes);
  for (unsigned i = 0; i < kCrcBytes; ++i) bytes += static_cast<char>(crc >> (8 * i));
  return bytes;
}

bool decode_entity_row(std::string_view bytes, EntityRow& row) {
  if (bytes.size() < kCrcBytes) return false;
  std::uint32_t crc = 0;
  for (unsigned i = 0; i < kCrcBytes; ++i)
    crc |= std::uint32_t{static_cast<unsigned char>(bytes[bytes.size() - kCrcBytes + i])} << (8 * i);
  bytes.remove_suffix(kCrcBytes);
  return crc32c(bytes) == crc &&
         take_all(bytes, row.state_version, row.version, row.organisation, row.project, row.state) && bytes.empty();
}

std::string encode_command_row(const CommandRow& row) {
  const auto& o = row.outcome;
  return put_all(row.expires, std::uint64_t{row.position.partition}, row.position.seq, o.command_id, o.body_hash,
                 static_cast<std::uint64_t>(o.status), o.code, o.detail, o.field, o.entity, o.version);
}

bool decode_command_row(std::string_view bytes, CommandRow& row) {
  auto& o = row.outcome;
  return take_all(bytes, row.expires, row.position.partition, row.position.seq, o.command_id, o.body_hash, o.status,
                  o.code, o.detail, o.field, o.entity, o.version) &&
         bytes.empty();
}

std::string encode_agenda(const Agenda& agenda) {
  std::string out;
  for (const auto& due : agenda)
    out += put_all(static_cast<std::uint64_t>(due.kind), due.name, due.key, due.at, due.data,
                   due.kind == Due::Kind::effect ? due.place : due.type);
  return out;
}

bool decode_agenda(std::string_view bytes, Agenda& agenda) {
  agenda.clear();
  while (!bytes.empty()) {
    auto& due = agenda.emplace_back();
    if (!take_all(bytes, due.kind, due.name, due.key, due.at, due.data, due.type)) return false;
    if (due.kind == Due::Kind::effect) due.place = std::exchange(due.type, {});
  }
  return true;
}

std::string encode_consumed(PartitionId source, Seq seq) {
  return put_all(std::uint64_t{source}, seq);
}

bool decode_consumed(std::string_view bytes, PartitionId& source, Seq& seq) {
  return take_all(bytes, source, seq) && bytes.empty();
}

std::string encode_head(const log::Head& head) {
  return put_all(head.seq, head.epoch, as_bytes(head.hash), head.index_time);
}

bool decode_head(std::string_view bytes, log::Head& head) {
  std::string hash;
  if (!take_all(bytes, head.seq, head.epoch, hash, head.index_time) || hash.size() != head.hash.size()) return false;
  std::copy(hash.begin(), hash.end(), head.hash.begin());
  return bytes.empty();
}

std::string encode_dead_letter(const DeadLetter& letter) {
  const auto& in = letter.input;
  auto out = put_all(letter.id, letter.at, letter.node, letter.reason, letter.redriven_at, letter.redriven_as,
                     std::uint64_t{letter.redriven_well}, std::uint64_t{letter.published},
                     static_cast<std::uint64_t>(in.source), in.entity, in.type, in.data, in.command_id, in.body_hash,
                     in.actor, in.organisation, in.project, in.correlation_id, in.deadline, std::uint64_t{in.hops});
  if (!letter.foreign) return out;
  const auto& foreign = *letter.foreign;
  out += put_all(foreign.topic, std::uint64_t{foreign.partition}, foreign.offset, foreign.key);
  for (const auto& [name, value] : foreign.headers) out += put_all(name, value);
  return out;
}

bool decode_dead_letter(std::string_view bytes, DeadLetter& letter) {
  auto& in = letter.input;
  if (!take_all(bytes, letter.id, letter.at, letter.node, letter.reason, letter.redriven_at, letter.redriven_as,
                letter.redriven_well, letter.published, in.source, in.entity, in.type, in.data, in.command_id,
                in.body_hash, in.actor, in.organisation, in.project, in.correlation_id, in.deadline, in.hops))
    return false;
  letter.foreign.reset();
  if (bytes.empty()) return true;
  auto& foreign = letter.foreign.emplace();
  if (!take_all(bytes, foreign.topic, foreign.partition, foreign.offset, foreign.key)) return false;
  while (!bytes.empty()) {
    auto& [name, value] = foreign.headers.emplace_back();
    if (!take_all(bytes, name, value)) return false;
  }
  return true;
}

}  // namespace hub::engine
