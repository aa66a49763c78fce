#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub {

/// Where a reader stands: one number a partition (or just one, for log lines and samples), and the incarnation of what
/// is numbered (a log's own id), so that a cursor of another log is never taken for one of ours.
struct Cursor {
  std::uint64_t incarnation = 0;
  std::vector<std::uint64_t> seqs;

  bool operator==(const Cursor&) const = default;
  /// True when seq `seq` of `index` is at or behind what this cursor has seen.
  bool covers(std::size_t index, std::uint64_t seq) const { return index < seqs.size() && seq <= seqs[index]; }
};

/// Opaque text for outsiders: base64url of a version byte, the incarnation, and a varint each.
std::string to_text(const Cursor& cursor);
/// Fails: malformed `cursor.invalid`. At most 1,024 numbers.
Result<Cursor> parse_cursor(std::string_view text);

}  // namespace hub
