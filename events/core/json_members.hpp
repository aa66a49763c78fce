#pragma once
// Objects that are written member by member. As heavy as the codec: for .cpp files.
#include <string>
#include <string_view>

#include "events/core/json_codec.hpp"

namespace hub {

/// Adds to an object that is not closed yet: "{", or one with members in it.
template <class T>
void append_member(std::string& out, std::string_view name, const T& value) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":";
  append_json(out, value);
}

}  // namespace hub
