#pragma once
#include <filesystem>

#include "events/log/signing.hpp"

namespace hub::server {

inline constexpr std::string_view kPublicKeyFile = "public-key.pem";

/// Keeps the public half of the checkpoints' key beside the log, so that the log and this file alone can be verified.
/// Fails: unavailable `data.unusable`.
Result<void> write_public_key(const std::filesystem::path& log_folder, const log::PublicKey& key);

}  // namespace hub::server
