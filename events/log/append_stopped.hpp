#pragma once
#include <functional>

#include "events/log/log.hpp"
#include "events/log/signing.hpp"

namespace hub::log {

/// What is to be written, behind the claim: what others wrote before it can be read by then.
using Decide = std::function<Result<std::vector<Record>>()>;

/// Writes records into one partition of a stopped server's log, or of a shared one whose nodes run, as its owner would:
/// claimed by `node`, sealed, and signed to the last of them; all is durable when it returns. With nothing to write it
/// writes and signs the claim alone. Fails: as Log::claim and `decide`; unavailable `log.fenced`, `log.unknown`
/// (whether it was written is not known).
Result<void> append_stopped(Log& log, const Signer& signer, std::string_view node, PartitionId partition,
                            const Decide& decide, Instant now);

}  // namespace hub::log
