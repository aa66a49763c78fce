#pragma once
#include <filesystem>

#include "events/log/log.hpp"
#include "events/log/public_keys.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::server {

/// The public keys of all who have signed the record, so that the log and that file alone can be verified: blocks of
/// PEM, as log::PublicKeys reads them.
inline constexpr std::string_view kPublicKeyFile = "public-key.pem";

/// Puts the keys in place of those that the file had; after a crash it has the old or the new ones, whole.
/// Fails: unavailable `data.unusable`.
Result<void> write_public_keys(const DataFolder& folder, const log::PublicKeys& keys);

/// The key that signs the record of this folder alone (a shared log: shared_keys.hpp). Its public half is kept beside
/// the log. An empty log gets a new key; any other goes on with one of its own only, for nobody could tell a second
/// one from a stranger's. Fails: as Signer::open; not_found `key.absent` when the key of a record is not in DIR/keys;
/// conflict `key.other` when another one is; unavailable `data.unusable`.
Result<log::Signer> open_signer(const DataFolder& folder, log::Log& log);
/// The same without the log, for somebody who knows whether it has records.
Result<log::Signer> open_signer_of(const DataFolder& folder, bool has_records);

}  // namespace hub::server
