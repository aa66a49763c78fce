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

/// One entity, or with `to` the whole system in a new folder. Reads only, but for that. Also fails: not_found
/// `entity.not_found`, conflict `entity.ambiguous`, `data.not_empty`, invalid `position.unknown`.
Result<cli::Exit> replay(const cli::Replay& wanted, cli::Console& console);

/// Writes projections only. Also fails: not_found `projection.unknown`, unavailable `projection.locked`.
Result<cli::Exit> projections_rebuild(const cli::Projections& wanted, cli::Console& console);
/// Reads only; a scratch folder in the system's own is removed again. Also fails: not_found `projection.absent`.
Result<cli::Exit> projections_verify(const cli::Projections& wanted, cli::Console& console);

/// Reads only, but for the new folder. Also fails: conflict `data.not_empty`, internal `log.corrupt`.
Result<cli::Exit> backup(const cli::Backup& wanted, cli::Console& console);
/// Leaves nothing behind unless all of it verifies. Also fails: not_found `backup.absent`, malformed `backup.invalid`.
Result<cli::Exit> restore(const cli::Backup& wanted, cli::Console& console);

/// Makes the folder and the log when there are none. Also fails: as create_key_offline does.
Result<cli::Exit> keys_create(const cli::KeysCreate& wanted, cli::Console& console);
Result<cli::Exit> keys_list(const cli::Folder& data, cli::Console& console);
/// Also fails: unavailable `secrets.no_key`, conflict `secrets.wrong_key`, `secrets.same_key`, internal
/// `secrets.tampered`; then nothing has changed.
Result<cli::Exit> keys_rotate(const cli::KeysRotate& wanted, cli::Console& console);
/// Writes the event into the log, too. Also fails: not_found `project.unknown`; as keys_rotate, server::open_signer and
/// record_erasure_offline.
Result<cli::Exit> keys_erase(const cli::KeysErase& wanted, cli::Console& console);

/// As kafka::init_topics(); prints what was made.
Result<cli::Exit> kafka_init(const cli::KafkaInit& wanted, cli::Console& console);
/// As kafka::describe_topics(). Also fails, behind what it prints, as kafka::check_topics() does.
Result<cli::Exit> kafka_describe(const cli::KafkaCluster& cluster, cli::Console& console);

/// Moves the log of a folder to Kafka, or back into it, and verifies it. Fails: as move_to_kafka() and
/// move_to_embedded().
Result<cli::Exit> migrate(const cli::Migrate& wanted, cli::Console& console);

/// Facts about folder and machine; makes nothing that stays.
std::vector<cli::Check> doctor_checks(const cli::ServeOptions& options);

}  // namespace hub::offline
