#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace hub::fuzz {

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// What stands in front of the first newline, and what stands behind it.
inline std::pair<std::string_view, std::string_view> split_line(std::string_view text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {text, {}};
  return {text.substr(0, end), text.substr(end + 1)};
}

/// The first byte chooses what the rest is.
inline std::pair<char, std::string_view> split_kind(std::string_view text) {
  if (text.empty()) return {'\0', {}};
  return {text.front(), text.substr(1)};
}

}  // namespace hub::fuzz
