#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "events/log/log.hpp"

namespace hub::bench {

/// The id of the deployment with this number, as fill() makes it.
std::string id_of(std::size_t number);

/// The event that a user's request for a stopped deployment leaves in the record.
log::Record requested(std::size_t number, Instant time);

struct Filled {
  std::size_t rows = 0;
  Instant middle;  ///< when half of them were written
};

/// Writes deployments 0 … `rows` - 1, one event each, straight into the log of the data folder `data`.
/// As the server leaves them: with outcomes, a hash chain, synced.
Filled fill(const std::filesystem::path& data, std::size_t rows);

}  // namespace hub::bench
