#pragma once
#include "gateway/cli/cli.hpp"

namespace hub::offline {

// The hooks of cli::Commands, one each. Every one fails with unavailable `log.locked` while a server runs on the
// folder, and with not_found `log.absent` when there is no log in it.

/// Reads only. Also fails: not_found `key.absent`, malformed `key.invalid`, `checkpoint.invalid`.
Result<cli::Exit> audit_verify(const cli::AuditVerify& wanted, cli::Console& console);
/// Reads the log only. Also fails: internal `log.corrupt`, `log.unexportable`, unavailable `export.unwritable`.
Result<cli::Exit> audit_export(const cli::AuditExport& wanted, cli::Console& console);
/// Signs what the record holds, when it is sound. Reads only. Also fails: not_found `key.absent`.
Result<cli::Exit> audit_checkpoint(const cli::Folder& data, cli::Console& console);
/// Prints the public key of the checkpoints; needs no log. Fails: not_found `key.absent`, malformed `key.invalid`.
Result<cli::Exit> audit_key(const cli::Folder& data, cli::Console& console);

}  // namespace hub::offline
