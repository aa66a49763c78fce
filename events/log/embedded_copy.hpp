#pragma once
#include <optional>

#include "events/log/embedded_log.hpp"

namespace hub::log {

struct CopyOptions {
  std::filesystem::path from;    ///< DIR/log of a stopped server; never written to
  std::filesystem::path to;      ///< made; holds no log yet
  std::optional<Instant> until;  ///< only batches with an index time up to then, and what their signatures name
  /// A node's copy of a shared log becomes another such copy, with which a node of that log can begin. Else, and of a
  /// log of its own always, a log that may go on otherwise than the original. Only without `until`.
  bool stays_copy = false;
};

struct Copied {
  std::uint64_t records = 0;
  std::uint64_t batches = 0;
  std::vector<Head> heads;  ///< by partition
};

/// Copies a log batch by batch, each verified on the way, durably. What is cut off is a valid shorter record: same
/// chain, same signatures. What may go on otherwise than the original has an incarnation of its own, so that no cursor
/// of that is good for it. Fails: as open_embedded_log does for either; conflict `log.present`; internal `log.corrupt`
/// naming the position.
Result<Copied> copy_embedded_log(const CopyOptions& options);

}  // namespace hub::log
