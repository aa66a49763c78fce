#pragma once
#include <iosfwd>
#include <map>
#include <optional>
#include <vector>

#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/log.hpp"

namespace hub::log {

/// What verifying found. Everything before `fault` in its partition is sound.
struct AuditReport {
  struct Partition {
    Seq head = 0;   ///< last verified record
    Digest hash{};  ///< of the chain there
    /// Highest head that a verified checkpoint signs, or the batch of the checkpoint itself where that holds nothing
    /// else. The records behind it are not signed yet.
    Seq signed_up_to = 0;
    std::uint64_t unsigned_records() const { return head - signed_up_to; }
  };
  std::uint64_t records = 0;
  std::uint64_t batches = 0;
  std::uint64_t checkpoints = 0;
  Instant first_at, last_at;  ///< index times of the oldest and the youngest batch; unset: there is none
  std::vector<Partition> partitions;
  std::map<std::string, std::uint64_t, std::less<>> signed_by;  ///< id of a key → checkpoints that it signed
  std::optional<ChainFault> fault;                              ///< the first bad position; nothing when all is sound

  std::uint64_t unsigned_records() const;
};

/// Whether a record is bad whose owner left out checkpoints. `allowed` is for logs of tests, whose owners have no key.
enum class Unsigned { refused, allowed };

/// Verification (verification.hpp) from beginning to end: walks every partition: chain, seq, epochs (a new one begins
/// with a claim), versions of entities, checkpoints and their signatures, each under the key that it names, which must
/// be one of `keys` and the only one of its epoch (an owner has one), that each is there when it is due
/// (kCheckpointEvery), and that no partition is shorter than a checkpoint of another says; then the log's indexes. A
/// cut of all partitions at one moment is a valid shorter record, and so is what was written anew with less than
/// kCheckpointEvery of traffic; both are found with `against`, a checkpoint kept elsewhere.
AuditReport verify(Log& log, const PublicKeys& keys, const std::optional<Checkpoint>& against = std::nullopt,
                   Unsigned without_checkpoints = Unsigned::refused);

/// Writes everything as JSON lines: one that begins, then for each batch its records as CloudEvents with their chain
/// bytes and a line that ends it, then one that ends all. Fails: internal `log.corrupt`, `log.unexportable` (text that
/// is not UTF-8), unavailable `export.unwritable`.
Result<void> export_log(Log& log, std::ostream& out);
/// verify() for what export_log wrote, without the log.
AuditReport verify_export(std::istream& in, const PublicKeys& keys,
                          const std::optional<Checkpoint>& against = std::nullopt);

}  // namespace hub::log
