#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "events/core/ids.hpp"
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

inline void append_position(std::string& out, Position position) {
  append_varint(out, position.partition);
  append_varint(out, position.seq);
}
/// As any_label() of matching.hpp reads them.
inline void append_labels(std::string& out, const std::map<std::string, std::string>& labels) {
  std::string pairs;
  for (const auto& [key, value] : labels) {
    append_sized(pairs, key);
    append_sized(pairs, value);
  }
  append_sized(out, pairs);
}

/// What the keys of a table begin with whose first part is `first`.
inline std::string key_prefix(char table, std::string_view first) {
  std::string key(1, table);
  append_sized(key, first);
  return key;
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
  Position position() {
    const auto partition = static_cast<PartitionId>(number());
    return {partition, number()};
  }
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
