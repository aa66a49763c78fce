#pragma once
#include "events/log/log.hpp"
#include "events/log/signing.hpp"

namespace hub::log {

/// Writes records into one partition of a stopped server's log, as its owner would: claimed by `node`, sealed, and
/// signed to the last of them; all is durable when it returns. The caller has opened the log, which nobody else has
/// then. Fails: as Log::claim; unavailable `log.fenced`, `log.unknown` (whether it was written is not known).
Result<void> append_stopped(Log& log, const Signer& signer, std::string_view node, PartitionId partition,
                            std::vector<Record> records, Instant now);

}  // namespace hub::log
