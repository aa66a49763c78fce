#pragma once
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace hub {

/// In keys numbers are big-endian, so that they sort.
template <std::unsigned_integral Number>
void append_big_endian(std::string& out, Number number) {
  for (auto byte = sizeof(Number); byte-- > 0;) out += static_cast<char>(number >> (8 * byte));
}

/// Takes a number from the front; `bytes` holds at least one.
template <std::unsigned_integral Number>
Number take_big_endian(std::string_view& bytes) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number = static_cast<Number>(number << 8U | static_cast<unsigned char>(bytes[i]));
  bytes.remove_prefix(sizeof(Number));
  return number;
}

}  // namespace hub
