#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "events/core/result.hpp"

struct evp_pkey_st;

namespace hub::log {

/// The public half of an Ed25519 key.
class PublicKey {
 public:
  /// PEM as `openssl pkey -pubout` writes it. Fails: malformed `key.invalid`.
  static Result<PublicKey> parse(std::string_view pem);
  /// Fails: not_found `key.absent`, malformed `key.invalid`.
  static Result<PublicKey> load(const std::filesystem::path& file);

  /// First 16 hexadecimal digits of the SHA-256 of the key's 32 bytes.
  const std::string& id() const { return id_; }
  std::string pem() const;
  bool verify(std::string_view bytes, std::string_view signature) const;

 private:
  friend class Signer;
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  std::string id_;
};

/// Name of the private key in its folder.
inline constexpr std::string_view kSigningKeyFile = "checkpoint-key.pem";

/// The key that signs checkpoints. Safe from any thread.
class Signer {
 public:
  /// Reads FOLDER/checkpoint-key.pem, or makes the folder (0700) and the file (0600) with a new key.
  /// Fails: malformed `key.invalid`; forbidden `key.permissions` when others may read the file; unavailable
  /// `key.unavailable`.
  static Result<Signer> open(const std::filesystem::path& folder);
  /// A key for tests that is kept nowhere.
  static Signer temporary();

  /// 64 bytes.
  std::string sign(std::string_view bytes) const;
  const PublicKey& public_key() const { return public_key_; }

 private:
  explicit Signer(std::shared_ptr<evp_pkey_st> key) : public_key_(std::move(key)) {}
  PublicKey public_key_;  // OpenSSL's handle of a private key serves as the public one too
};

}  // namespace hub::log
