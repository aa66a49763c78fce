#pragma once
#include <map>
#include <string>

#include "events/log/public_keys.hpp"
#include "events/log/record.hpp"

namespace hub::log {

/// An owner signs a partition's head at most so often, in a batch that is written anyway. So a batch that comes so long
/// behind the oldest record that waits for its signature holds a checkpoint, unless it is a claim alone.
inline constexpr Duration kCheckpointEvery = seconds(1);

/// The head of one partition as a checkpoint names it.
struct SignedHead {
  PartitionId partition = 0;
  Seq seq = 0;
  Digest hash{};
  bool operator==(const SignedHead&) const = default;
};

/// A signed statement of what the log held. As a record it stands in a batch of its own partition and signs the head
/// before that batch; `heads` are those of the other partitions as the signer saw them.
struct Checkpoint {
  SignedHead own;
  std::vector<SignedHead> heads;
  Instant time;
  std::string key_id;     ///< PublicKey::id() of the owner's key
  std::string signature;  ///< 64 bytes, Ed25519, over all of the above
  bool operator==(const Checkpoint&) const = default;
};

/// Signs `own`, the head before the batch that will hold the record, and the heads of all other partitions that hold
/// something. `all` is indexed by partition; its entry for `partition` is not looked at.
Record make_checkpoint(const Signer& signer, PartitionId partition, const Head& own, const std::vector<Head>& all,
                       Instant now);

/// True when `batch`, which follows `before`, is a checkpoint alone and says nothing that its statement or the signed
/// record before it does not: then the signature speaks for the batch too. It may repeat positions of `consumed`, those
/// in force before it. The signature itself is not looked at.
bool signs_itself(const Batch& batch, const Checkpoint& checkpoint, const Head& before,
                  const std::map<std::string, std::uint64_t>& consumed);

/// JSON on one line; a record's data, and what is kept elsewhere to find a cut later.
std::string to_text(const Checkpoint& checkpoint);
/// Fails: malformed `checkpoint.invalid`.
Result<Checkpoint> parse_checkpoint(std::string_view text);
/// Under the key that it names, which must be one of `trusted`. Fails: invalid `checkpoint.other_key` (it is not),
/// `checkpoint.forged` (the signature does not fit).
Result<void> verify_checkpoint(const Checkpoint& checkpoint, const PublicKeys& trusted);
/// The same for a record of kind checkpoint in `partition`. Fails too: malformed `checkpoint.invalid`; invalid
/// `checkpoint.misplaced` (it speaks for another partition).
Result<Checkpoint> verify_checkpoint(const Record& record, PartitionId partition, const PublicKeys& trusted);

}  // namespace hub::log
