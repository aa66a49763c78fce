#pragma once
// Variants of events or commands by their type name. Include in .cpp files only.
#include <string>
#include <string_view>
#include <variant>

#include "events/core/json_codec.hpp"

namespace hub {

/// Each alternative has `static constexpr std::string_view type`.
template <class Variant>
std::string_view type_of(const Variant& value) {
  return std::visit([](const auto& alternative) { return std::decay_t<decltype(alternative)>::type; }, value);
}

template <class Variant>
std::string encode_variant(const Variant& value) {
  return std::visit([](const auto& alternative) { return to_json(alternative); }, value);
}

namespace json_detail {

template <class Variant, std::size_t I = 0>
Result<Variant> decode_alternative(std::string_view type, std::string_view json, ReadMode mode) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return invalid("type.unknown", "unknown type " + std::string(type));
  } else {
    using Alternative = std::variant_alternative_t<I, Variant>;
    if (type != Alternative::type) return decode_alternative<Variant, I + 1>(type, json, mode);
    auto read = from_json<Alternative>(json, mode);
    if (!read) return std::move(read).error();
    return Variant(std::in_place_index<I>, std::move(read).value());
  }
}

}  // namespace json_detail

/// Fails: invalid `type.unknown`, and what from_json fails with.
template <class Variant>
Result<Variant> decode_variant(std::string_view type, std::string_view json, ReadMode mode = ReadMode::lenient) {
  return json_detail::decode_alternative<Variant>(type, json, mode);
}

}  // namespace hub
