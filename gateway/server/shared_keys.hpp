#pragma once
#include <memory>
#include <string>

#include "gateway/cli/config.hpp"
#include "gateway/server/data_folder.hpp"
#include "gateway/server/key_watch.hpp"

namespace hub::server {

/// With what a node signs, and what keeps the public keys of all nodes beside its copy of a shared log.
struct SigningKeys {
  log::Signer signer;
  std::unique_ptr<KeyWatch> watch;  ///< ends before the log; null when the log is the node's alone
};

/// As the log asks for: open_shared_keys() when it is shared, else open_signer().
Result<SigningKeys> open_keys(const cli::ServeOptions& options, const DataFolder& folder, log::Log& log,
                              const std::string& node);

/// Opens the node's key in DIR/keys and announces it; nothing may be signed before this has returned. A folder without
/// one gets a new key, also when the node has signed with another before: then the log says so, and what that one
/// signed stays verifiable. Writes the public keys of all nodes beside the copy of the log.
/// Fails: as Signer::open, kafka::NodeKeys::announce and write_public_keys().
Result<SigningKeys> open_shared_keys(const cli::ServeOptions& options, const DataFolder& folder, log::Log& log,
                                     const std::string& node);

}  // namespace hub::server
