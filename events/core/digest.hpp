#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "events/core/result.hpp"

namespace hub {

/// A SHA-256.
using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of the parts one after the other. The caller separates or length-prefixes them where it matters.
Digest sha256(std::initializer_list<std::string_view> parts);
Digest sha256(std::string_view bytes);

std::string_view as_bytes(const Digest& digest);
std::string to_hex(std::string_view bytes);
std::string to_hex(const Digest& digest);
/// Fails: malformed `hex.invalid`.
Result<std::string> from_hex(std::string_view text);

std::string to_base64(std::string_view bytes);
/// Standard alphabet with padding. Fails: malformed `base64.invalid`.
Result<std::string> from_base64(std::string_view text);
std::string to_base64url(std::string_view bytes);  ///< without padding
/// Fails: malformed `base64.invalid`.
Result<std::string> from_base64url(std::string_view text);

/// CRC-32C (Castagnoli), as iSCSI and RocksDB use it.
std::uint32_t crc32c(std::string_view bytes);

/// `count` random bytes from the operating system; for ids and tokens.
std::string random_bytes(std::size_t count);

}  // namespace hub
