#include "gateway/offline/offline.hpp"

#include "gateway/offline/commands.hpp"

namespace hub::offline {

void add_commands(cli::Commands& commands) {
  commands.audit_verify = audit_verify;
  commands.audit_export = audit_export;
  commands.audit_checkpoint = audit_checkpoint;
  commands.audit_key = audit_key;
  commands.replay = replay;
  commands.projections_rebuild = projections_rebuild;
  commands.projections_verify = projections_verify;
  commands.backup = backup;
  commands.restore = restore;
  commands.keys_create = keys_create;
  commands.keys_list = keys_list;
  commands.keys_rotate = keys_rotate;
  commands.keys_erase = keys_erase;
  commands.kafka_init = kafka_init;
  commands.kafka_describe = kafka_describe;
  commands.migrate = migrate;
  commands.doctor_checks = doctor_checks;
}

}  // namespace hub::offline
