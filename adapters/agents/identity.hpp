#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "adapters/secrets/durable_file.hpp"
#include "events/core/instant.hpp"

namespace hub::agents {

/// Who an agent is, kept in its folder for good, so that the machine is known again.
class Identity {
 public:
  /// Makes the folder and the identity when they are not there, and holds the folder: one agent at a time. Fails:
  /// unavailable `agent.running` (another process holds it); internal `agent.identity` (the file cannot be read or is
  /// damaged); what writing it fails with.
  static Result<Identity> open(const std::filesystem::path& folder);

  const std::string& id() const { return id_; }
  /// A number greater than all before it, also those of a copy of this folder that drew its last one before `now`. It
  /// is on disk when this returns.
  Result<std::uint64_t> draw_generation(Instant now);

 private:
  Identity(std::filesystem::path file, secrets::File lock) : file_(std::move(file)), lock_(std::move(lock)) {}
  Result<void> write() const;

  std::filesystem::path file_;
  secrets::File lock_;
  std::string id_;
  std::uint64_t generation_ = 0;
};

}  // namespace hub::agents
