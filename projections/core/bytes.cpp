#include "projections/core/bytes.hpp"

namespace hub::projections {
namespace {

constexpr std::size_t kSize = 8;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

}  // namespace

void append_ordered(std::string& out, std::uint64_t value) {
  for (unsigned i = 0; i < kSize; ++i) out += static_cast<char>(value >> (56 - 8 * i));
}

// The sign bit is turned over, so that negative numbers come before positive ones.
void append_ordered(std::string& out, std::int64_t value) {
  append_ordered(out, static_cast<std::uint64_t>(value) ^ kSignBit);
}

bool take_ordered(std::string_view& bytes, std::uint64_t& value) {
  if (bytes.size() < kSize) return false;
  value = 0;
  for (unsigned i = 0; i < kSize; ++i) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(kSize);
  return true;
}

bool take_ordered(std::string_view& bytes, std::int64_t& value) {
  std::uint64_t turned = 0;
  if (!take_ordered(bytes, turned)) return false;
  value = static_cast<std::int64_t>(turned ^ kSignBit);
  return true;
}

std::string after_prefix(std::string_view prefix) {
  std::string key(prefix);
  while (!key.empty() && static_cast<unsigned char>(key.back()) == 0xFF) key.pop_back();
  if (!key.empty()) key.back() = static_cast<char>(static_cast<unsigned char>(key.back()) + 1);
  return key;
}

}  // namespace hub::projections
