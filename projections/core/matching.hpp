#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "events/core/varint.hpp"

namespace hub::projections {

inline char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}
inline std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), [](char letter) { return lower(letter); });
  return small;
}

/// ASCII letters match in both cases.
inline bool contains_text(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

/// `labels`: length-prefixed keys and values in turn. Calls visit(key, value) until it is true; whether it was.
template <class Visit>
bool any_label(std::string_view labels, Visit visit) {
  std::string_view key, value;
  while (take_sized(labels, key) && take_sized(labels, value))
    if (visit(key, value)) return true;
  return false;
}

}  // namespace hub::projections
