#pragma once
#include <string>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/provider.hpp"

namespace hub::providers::local {

/// What is true of a deployment's latest run, and the socket to its supervisor when that lives.
struct Adopted {
  Observed observed;
  Fd supervisor;
  std::uint64_t last_seq = 0;  ///< of a run that has ended; a supervisor tells it itself
};

/// Reads it from the deployment's folder. A run whose supervisor is gone without an exit on record gets one now, on
/// disk: host.rebooted when it was started before the machine's present boot, else supervisor.lost, and what is left
/// of its processes is ended.
Adopted adopt(const std::string& id, const std::string& folder, const std::string& boot_id);

}  // namespace hub::providers::local
