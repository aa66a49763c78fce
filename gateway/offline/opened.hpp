#pragma once
#include <memory>

#include "adapters/secrets/key_file.hpp"
#include "events/log/log.hpp"
#include "events/log/public_keys.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::offline {

/// The log of a folder whose server is stopped; not a byte below the folder is written, and no server can start on it
/// meanwhile. Fails: unavailable `log.locked`, not_found `log.absent`, internal `log.corrupt`.
Result<std::unique_ptr<log::Log>> open_to_read(const server::DataFolder& folder);

/// The same to append to it; makes the folder and a log of `partitions` when there is none.
/// Fails also: unavailable `data.unusable`, `log.unavailable`.
Result<std::unique_ptr<log::Log>> open_to_write(const server::DataFolder& folder, std::uint32_t partitions);

/// What kept a command from the folder, in words that name who has it when somebody has.
Failure explained(Failure failure, const server::DataFolder& folder);

/// The public halves of the keys of the checkpoints: those in `files` when some are given, else those beside the log.
/// Fails: not_found `key.absent`, malformed `key.invalid`.
Result<log::PublicKeys> load_public_keys(const server::DataFolder& folder,
                                         const std::vector<std::filesystem::path>& files = {});

/// Where the key of the secrets is: given, or kept by --dev in the folder.
secrets::KeySource key_source(const cli::EncryptionKey& given, const server::DataFolder& folder);
/// `secrets.no_key`, and how to give one.
Failure no_encryption_key();

}  // namespace hub::offline
