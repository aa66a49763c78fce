#include "events/core/digest.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <boost/crc.hpp>
#include <cstring>
#include <memory>

namespace hub {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// One context a thread, set up once: OpenSSL 3 spends more on the set-up than on a short hash.
EVP_MD_CTX* thread_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context = [] {
    std::unique_ptr<EVP_MD_CTX, FreeContext> made(EVP_MD_CTX_new());
    HUB_ASSERT(made && EVP_DigestInit_ex2(made.get(), EVP_sha256(), nullptr) == 1);
    return made;
  }();
  return context.get();
}

std::string encode64(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t window = 0;
  int bits = 0;
  for (const unsigned char byte : bytes) {
    window = (window << 8) | byte;
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      out += alphabet[(window >> bits) & 63U];
    }
  }
  if (bits > 0) out += alphabet[(window << (6 - bits)) & 63U];
  while (pad && out.size() % 4 != 0) out += '=';
  return out;
}

Result<std::string> decode64(std::string_view text, std::string_view alphabet, bool padded) {
  const auto bad = [] { return malformed("base64.invalid", "not valid base64"); };
  if (padded) {
    if (text.size() % 4 != 0) return bad();
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return bad();
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t window = 0;
  int bits = 0;
  for (const char digit : text) {
    const auto value = alphabet.find(digit);
    if (value == std::string_view::npos) return bad();
    window = (window << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>((window >> bits) & 255U);
  }
  if ((window & ((1U << bits) - 1U)) != 0) return bad();
  return out;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  auto* context = thread_context();
  HUB_ASSERT(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1);
  for (const auto part : parts) HUB_ASSERT(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
  Digest digest;
  HUB_ASSERT(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

Digest sha256(std::string_view bytes) {
  return sha256({bytes});
}

std::string_view as_bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::string to_hex(const Digest& digest) {
  return to_hex(as_bytes(digest));
}

Result<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return malformed("hex.invalid", "not valid hexadecimal");
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return malformed("hex.invalid", "not valid hexadecimal");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  return encode64(bytes, kBase64, true);
}
Result<std::string> from_base64(std::string_view text) {
  return decode64(text, kBase64, true);
}
std::string to_base64url(std::string_view bytes) {
  return encode64(bytes, kBase64Url, false);
}
Result<std::string> from_base64url(std::string_view text) {
  return decode64(text, kBase64Url, false);
}

namespace {

std::uint32_t crc32c_portable(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes) {
  std::uint64_t crc = 0xFFFFFFFF;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++at) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2") != 0;
  if (fast) return crc32c_sse42(bytes);
#endif
  return crc32c_portable(bytes);
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  HUB_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace hub
