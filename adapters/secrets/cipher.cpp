#include "adapters/secrets/cipher.hpp"

#include <sodium.h>

#include "events/core/digest.hpp"
#include "events/core/text.hpp"

namespace hub::secrets {
namespace {

static_assert(kKeySize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(kNonceSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kTagSize == crypto_aead_xchacha20poly1305_ietf_ABYTES);

constexpr std::string_view kKeyIdLabel = "computehub key id\n";
constexpr std::size_t kKeyIdBytes = 8;

void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  HUB_ASSERT(ready);
}

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

/// The bytes that `text` stands for in one of the spellings, or nothing of the right size.
std::string key_bytes(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  auto decoded = text.size() == 2 * kKeySize ? from_hex(text) : from_base64url(text);
  if (!decoded && text.size() != 2 * kKeySize) decoded = from_base64(std::string(text) + "=");
  return decoded ? std::move(decoded).value() : std::string();
}

}  // namespace

Key::Key(SecretBytes bytes) : bytes_(std::move(bytes)) {
  const auto digest = sha256({kKeyIdLabel, bytes_.view()});
  id_ = to_hex(as_bytes(digest).substr(0, kKeyIdBytes));
}

Key Key::generate() {
  need_sodium();
  SecretBytes bytes(kKeySize);
  randombytes_buf(bytes.data(), bytes.size());
  return Key(std::move(bytes));
}

Key Key::of(std::string_view bytes) {
  HUB_ASSERT(bytes.size() == kKeySize);
  return Key(SecretBytes(bytes));
}

Result<Key> parse_key(std::string_view text) {
  auto bytes = key_bytes(trimmed(text));
  if (bytes.size() != kKeySize) {
    wipe(bytes);
    return invalid("secrets.key_invalid", "an encryption key is 32 bytes, written in hexadecimal or base64");
  }
  auto key = Key::of(bytes);
  wipe(bytes);
  return key;
}

std::string to_hex_text(const Key& key) {
  return to_hex(key.bytes());
}

std::string encrypt(const Key& key, std::string_view plain, std::string_view associated) {
  need_sodium();
  std::string sealed(kNonceSize + plain.size() + kTagSize, '\0');
  randombytes_buf(sealed.data(), kNonceSize);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(sealed) + kNonceSize, &written, raw(plain), plain.size(),
                                             raw(associated), associated.size(), nullptr, raw(sealed),
                                             raw(key.bytes()));
  HUB_ASSERT(kNonceSize + written == sealed.size());
  return sealed;
}

bool decrypt(const Key& key, std::string_view sealed, std::string_view associated, SecretBytes& plain) {
  need_sodium();
  if (sealed.size() < kNonceSize + kTagSize) return false;
  const auto nonce = sealed.substr(0, kNonceSize), text = sealed.substr(kNonceSize);
  plain = SecretBytes(text.size() - kTagSize);
  unsigned long long written = 0;
  return crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), &written, nullptr, raw(text), text.size(),
                                                    raw(associated), associated.size(), raw(nonce),
                                                    raw(key.bytes())) == 0;
}

}  // namespace hub::secrets
