#include "gateway/offline/offline.hpp"

#include "gateway/offline/commands.hpp"

namespace hub::offline {

void add_commands(cli::Commands& commands) {
  commands.audit_verify = audit_verify;
  commands.audit_export = audit_export;
  commands.audit_checkpoint = audit_checkpoint;
  commands.audit_key = audit_key;
}

}  // namespace hub::offline
