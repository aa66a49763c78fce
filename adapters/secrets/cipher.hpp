#pragma once
#include <string>
#include <string_view>

#include "adapters/secrets/secret_bytes.hpp"
#include "events/core/result.hpp"

namespace hub::secrets {

inline constexpr std::size_t kKeySize = 32;
inline constexpr std::size_t kNonceSize = 24;
inline constexpr std::size_t kTagSize = 16;

/// A key of XChaCha20-Poly1305.
class Key {
 public:
  static Key generate();
  /// Needs kKeySize bytes.
  static Key of(std::string_view bytes);
  Key clone() const { return of(bytes_.view()); }

  /// 16 hexadecimal digits that name the key and tell nothing of it.
  const std::string& id() const { return id_; }
  std::string_view bytes() const { return bytes_.view(); }

 private:
  explicit Key(SecretBytes bytes);

  SecretBytes bytes_;
  std::string id_;
};

/// 64 hexadecimal digits, or base64 of 32 bytes, either alphabet, padded or not; white space around it is dropped.
/// Fails: invalid `secrets.key_invalid`.
Result<Key> parse_key(std::string_view text);
std::string to_hex_text(const Key& key);

/// Nonce and ciphertext. The nonce is random, so it need not be remembered: 192 bits never meet again.
std::string encrypt(const Key& key, std::string_view plain, std::string_view associated);
/// False when key, bytes or `associated` are not those of the encryption.
bool decrypt(const Key& key, std::string_view sealed, std::string_view associated, SecretBytes& plain);

}  // namespace hub::secrets
