#pragma once
#include <string_view>

namespace hub::accounts {

/// Of the name of a machine.
inline constexpr std::size_t kHostNameSizeMax = 100;

/// True for 1 to `size_max` characters out of [A-Za-z0-9_.-] and `more`, of which the first is no dot.
inline bool is_name(std::string_view name, std::size_t size_max, std::string_view more) {
  if (name.empty() || name.size() > size_max || name.front() == '.') return false;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    if (!plain && more.find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace hub::accounts
