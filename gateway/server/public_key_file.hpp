#pragma once
#include <filesystem>

#include "events/log/log.hpp"
#include "events/log/signing.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::server {

inline constexpr std::string_view kPublicKeyFile = "public-key.pem";

/// The key that signs the record of this folder. Its public half is kept beside the log, so that the log and that file
/// alone can be verified. An empty log gets a new key; any other goes on with its own only, for
/// the signatures of two keys verify under neither. Fails: as Signer::open; not_found `key.absent` when the key of a
/// record is not in DIR/keys; conflict `key.other` when another one is; unavailable `data.unusable`.
Result<log::Signer> open_signer(const DataFolder& folder, log::Log& log);

}  // namespace hub::server
