#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hub {

/// Crockford's base 32 in lower case: no i, l, o, u, so an id can be read aloud.
inline constexpr std::string_view kBase32Digits = "0123456789abcdefghjkmnpqrstvwxyz";

/// The first `digits` × 5 bits of `bytes`, most significant first. `bytes` must hold as many.
std::string base32(std::span<const std::uint8_t> bytes, std::size_t digits);
/// 0..31, or -1 for a character that is no digit.
int base32_value(char digit);

}  // namespace hub
