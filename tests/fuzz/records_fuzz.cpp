// Everything binary that is read back from disk: what decodes must say the same again when it is encoded.
#include "actors/engine/row_codec.hpp"
#include "adapters/providers/local/frame.hpp"
#include "events/core/cursor.hpp"
#include "events/core/digest.hpp"
#include "events/log/chain.hpp"
#include "events/log/cloud_event.hpp"
#include "events/log/encoding.hpp"
#include "tests/fuzz/input.hpp"

namespace hub {
namespace {

std::string with_crc(std::string bytes) {
  const auto crc = crc32c(bytes);
  for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(crc >> (8 * i));
  return bytes;
}

void check_batch(std::string_view bytes) {
  const auto batch = log::decode_batch(bytes);
  if (!batch) return;
  const auto again = log::decode_batch(log::encode_batch(batch.value()));
  HUB_ASSERT(again && again.value() == batch.value());
  for (const auto& record : batch.value().records) {
    const auto event = log::to_cloud_event(record, batch.value().partition);
    HUB_ASSERT(is_valid_utf8(event) && event.find('\n') == std::string::npos);
  }
}

void check_record(std::string_view bytes) {
  const auto record = log::decode_record(bytes);
  if (!record) return;
  std::string again;
  log::append_record_header(again, *record);
  again.append(record->chain.begin(), record->chain.end());
  again += record->data;
  HUB_ASSERT(log::decode_record(again) == record);
}

template <class Row, class Encode, class Decode>
void check_row(std::string_view bytes, Encode encode, Decode decode) {
  Row row;
  if (!decode(bytes, row)) return;
  const auto text = encode(row);
  Row again;
  HUB_ASSERT(decode(text, again) && encode(again) == text);
}

void check_frames(std::string_view bytes) {
  using namespace providers::local;
  Frame frame;
  while (const auto size = read_frame(bytes, frame)) {
    HUB_ASSERT(size <= bytes.size());
    std::string again;
    append_frame(again, frame);
    HUB_ASSERT(again == bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  HUB_ASSERT(segment_first_seq(segment_name(bytes.size())) == bytes.size());
  segment_first_seq(bytes);
}

void check_cursor(std::string_view text) {
  const auto cursor = parse_cursor(text);
  if (!cursor) return;
  const auto again = parse_cursor(to_text(cursor.value()));
  HUB_ASSERT(again && again.value() == cursor.value());
}

void check(char kind, std::string_view bytes) {
  using namespace engine;
  switch (kind) {
    case 'b':  // The CRC is put right: what it protects from must not matter.
      return check_batch(with_crc(std::string(bytes)));
    case 'B':
      return check_batch(bytes);
    case 'r':
      return check_record(bytes);
    case 'e':
      return check_row<EntityRow>(with_crc(std::string(bytes)), encode_entity_row, decode_entity_row);
    case 'c':
      return check_row<CommandRow>(bytes, encode_command_row, decode_command_row);
    case 'a':
      return check_row<Agenda>(bytes, encode_agenda, decode_agenda);
    case 'h':
      return check_row<log::Head>(bytes, encode_head, decode_head);
    case 'd':
      return check_row<DeadLetter>(bytes, encode_dead_letter, decode_dead_letter);
    case 'f':
      return check_frames(bytes);
    default:
      return check_cursor(bytes);
  }
}

}  // namespace
}  // namespace hub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto input = hub::fuzz::split_kind(hub::fuzz::text_of(bytes, size));
  hub::check(input.first, input.second);
  return 0;
}
