#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hub {

/// Little-endian base 128, as in protocol buffers.
inline void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
  out += static_cast<char>(value);
}

/// Takes a varint off the front of `bytes`; false, and nothing taken, when there is no whole one of 64 bits.
inline bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  std::uint64_t read = 0;
  for (unsigned i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == 9 && byte > 1) return false;
    read |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    value = read;
    bytes.remove_prefix(i + 1);
    return true;
  }
  return false;
}

/// Length-prefixed bytes.
inline void append_sized(std::string& out, std::string_view part) {
  append_varint(out, part.size());
  out += part;
}
inline bool take_sized(std::string_view& bytes, std::string_view& part) {
  std::string_view rest = bytes;
  std::uint64_t size = 0;
  if (!take_varint(rest, size) || size > rest.size()) return false;
  part = rest.substr(0, size);
  bytes = rest.substr(size);
  return true;
}

}  // namespace hub
