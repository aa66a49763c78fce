#pragma once
#include "actors/accounts/project.hpp"
#include "events/log/log.hpp"
#include "events/log/signing.hpp"

namespace hub::accounts {

/// Writes into the log of a stopped server that a project's data key was destroyed, unless that stands there already:
/// safe to repeat. Fails: as RecordErasure is refused; what the log is read or append_stopped() fails with.
Result<void> record_erasure_offline(log::Log& log, const log::Signer& signer, std::string_view organisation,
                                    std::string_view project, const RecordErasure& erasure, Instant now);

}  // namespace hub::accounts
