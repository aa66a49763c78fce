#include "events/core/base32.hpp"

#include "events/core/result.hpp"

namespace hub {

std::string base32(std::span<const std::uint8_t> bytes, std::size_t digits) {
  HUB_ASSERT(digits * 5 <= bytes.size() * 8);
  std::string text(digits, '0');
  std::uint32_t window = 0;
  unsigned bits = 0;
  std::size_t next = 0;
  for (auto& digit : text) {
    if (bits < 5) {
      window = (window << 8) | bytes[next++];
      bits += 8;
    }
    bits -= 5;
    digit = kBase32Digits[(window >> bits) & 31U];
  }
  return text;
}

int base32_value(char digit) {
  const auto at = kBase32Digits.find(digit);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace hub
