#pragma once
#include <filesystem>
#include <string>

#include "events/core/result.hpp"

namespace hub::server {

/// DIR and what lies in it.
struct DataFolder {
  std::filesystem::path root;

  std::filesystem::path log() const { return root / "log"; }
  std::filesystem::path state() const { return root / "state"; }
  std::filesystem::path projections() const { return root / "projections"; }
  std::filesystem::path accounts() const { return projections() / "accounts-v1"; }
  std::filesystem::path local() const { return root / "local"; }
  std::filesystem::path keys() const { return root / "keys"; }
  std::filesystem::path node() const { return root / "node"; }
  std::filesystem::path server_json() const { return root / "server.json"; }

  /// Makes the folders; keys are for their owner alone. Fails: unavailable `data.unusable`.
  Result<void> make() const;
  /// Says where the server listens, for the command line. Fails: unavailable `data.unusable`.
  Result<void> write_address(const std::string& url) const;
  void remove_address() const;
};

}  // namespace hub::server
