#pragma once
#include <cstdint>
#include <string_view>

#include "events/core/instant.hpp"
#include "events/core/varint.hpp"

namespace hub::projections {

/// Numbers below zero keep their bits.
inline void append_signed(std::string& out, std::int64_t value) {
  append_varint(out, static_cast<std::uint64_t>(value));
}
inline void append_instant(std::string& out, Instant at) {
  append_signed(out, at.micros);
}

/// Takes the fields of a row, one after the other; after the first bad one all are bad.
struct FieldReader {
  std::string_view bytes;
  bool good = true;

  std::uint64_t number() {
    std::uint64_t value = 0;
    good = good && take_varint(bytes, value);
    return value;
  }
  std::int64_t integer() { return static_cast<std::int64_t>(number()); }
  Instant instant() { return {integer()}; }
  char byte() {
    good = good && !bytes.empty();
    if (!good) return 0;
    const char value = bytes.front();
    bytes.remove_prefix(1);
    return value;
  }
  std::string_view part() {
    std::string_view value;
    good = good && take_sized(bytes, value);
    return value;
  }
};

}  // namespace hub::projections
