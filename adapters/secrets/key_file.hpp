#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "adapters/secrets/slot_store.hpp"

namespace hub::secrets {

/// Where the encryption key of a server comes from.
struct KeySource {
  std::string text;                   ///< ENCRYPTION_KEY; empty: not set
  std::filesystem::path file;         ///< ENCRYPTION_KEY_FILE; empty: not set
  bool dev = false;                   ///< with neither set, one is made and kept in KEYS/encryption-key
  std::filesystem::path keys_folder;  ///< DIR/keys
};

/// None when no key is set. Fails: invalid `secrets.key_invalid`, `secrets.key_twice` (both text and file);
/// not_found `secrets.absent` (the file); internal `secrets.io`.
Result<std::optional<Key>> load_key(const KeySource& source);

/// The store of a server: DIR/keys/secrets.
std::filesystem::path secrets_folder(const std::filesystem::path& keys_folder);

/// Rotates to a fresh key and keeps it in KEYS/encryption-key; after a crash load_key() finds the one in force.
/// Fails as SlotStore::rotate does, and with `secrets.io`.
Result<void> rotate_dev_key(SlotStore& store, const std::filesystem::path& keys_folder);

}  // namespace hub::secrets
