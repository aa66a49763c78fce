#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "events/core/result.hpp"

namespace hub {

/// How to read an object.
enum class ReadMode {
  strict,   ///< what users send: unknown and repeated fields are refused
  lenient,  ///< what the log holds: unknown fields are skipped, so that an older release reads a newer one's
};

/// JSON bytes that travel as they are. Empty counts as `null`.
struct RawJson {
  std::string text;
  bool operator==(const RawJson&) const = default;
};

/// Depth of nesting at which a document is refused.
inline constexpr std::size_t kJsonDepthMax = 64;

/// Appends `text` quoted and escaped. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);
void append_json_number(std::string& out, std::int64_t value);
void append_json_number(std::string& out, std::uint64_t value);
/// Not finite numbers become null.
void append_json_number(std::string& out, double value);

bool is_valid_utf8(std::string_view bytes);
/// Replaces every byte that is no UTF-8 by U+FFFD.
std::string to_valid_utf8(std::string_view bytes);

}  // namespace hub
