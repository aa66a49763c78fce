#include "events/core/cursor.hpp"

#include "events/core/digest.hpp"
#include "events/core/ids.hpp"
#include "events/core/varint.hpp"

namespace hub {
namespace {

constexpr char kVersion = 1;
Failure bad_cursor() {
  return malformed("cursor.invalid", "not a cursor that this system gave out");
}

}  // namespace

std::string to_text(const Cursor& cursor) {
  std::string bytes(1, kVersion);
  append_varint(bytes, cursor.incarnation);
  for (const auto seq : cursor.seqs) append_varint(bytes, seq);
  return to_base64url(bytes);
}

Result<Cursor> parse_cursor(std::string_view text) {
  auto decoded = from_base64url(text);
  if (!decoded || decoded.value().empty() || decoded.value().front() != kVersion) return bad_cursor();
  std::string_view rest = decoded.value();
  rest.remove_prefix(1);
  Cursor cursor;
  if (!take_varint(rest, cursor.incarnation)) return bad_cursor();
  while (!rest.empty()) {
    if (cursor.seqs.size() == kShards || !take_varint(rest, cursor.seqs.emplace_back())) return bad_cursor();
  }
  return cursor;
}

}  // namespace hub
