#include "events/core/json.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>

namespace hub {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool needs_escape(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\';
}

void append_escaped(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
  }
}

template <class T>
void append_number(std::string& out, T value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  HUB_ASSERT(error == std::errc{});
  out.append(text, static_cast<std::size_t>(end - text));
}

/// Length of the UTF-8 character at the start of `bytes`, 0 when there is none.
std::size_t character_size(std::string_view bytes) {
  for (std::size_t size = 1; size <= 4 && size <= bytes.size(); ++size)
    if (simdjson::validate_utf8(bytes.data(), size)) return size;
  return 0;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!needs_escape(byte)) continue;
    out.append(text, plain, i - plain);
    append_escaped(out, byte);
    plain = i + 1;
  }
  out.append(text, plain, std::string_view::npos);
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_json_number(std::string& out, std::int64_t value) {
  append_number(out, value);
}
void append_json_number(std::string& out, std::uint64_t value) {
  append_number(out, value);
}
void append_json_number(std::string& out, double value) {
  if (std::isfinite(value))
    append_number(out, value);
  else
    out += "null";
}

bool is_valid_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

std::string to_valid_utf8(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return std::string(bytes);
  std::string out;
  while (!bytes.empty()) {
    const auto size = character_size(bytes);
    out += size == 0 ? kReplacement : bytes.substr(0, size);
    bytes.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

namespace json_detail {
namespace {

constexpr std::size_t kWideDigits = 19;

/// The string that begins at `begin`, quotes and all.
std::string_view string_at(std::string_view json, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
  return json.substr(begin, std::min(end + 1, json.size()) - begin);
}

}  // namespace

std::string with_wide_numbers_as_reals(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 16);
  for (std::size_t at = 0; at < json.size();) {
    auto piece = json.substr(at, 1);
    if (json[at] == '"') {
      piece = string_at(json, at);
      out += piece;
    } else if (json[at] >= '0' && json[at] <= '9') {
      piece = json.substr(at, json.find_first_not_of("0123456789.eE+-", at) - at);
      out += piece;
      if (piece.size() >= kWideDigits && piece.find_first_not_of("0123456789") == std::string_view::npos) out += "e0";
    } else {
      out += piece;
    }
    at += piece.size();
  }
  return out;
}

}  // namespace json_detail
}  // namespace hub
