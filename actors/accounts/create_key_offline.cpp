#include "actors/accounts/create_key_offline.hpp"

#include "actors/accounts/api_key.hpp"
#include "actors/accounts/offline_records.hpp"
#include "events/accounts/token.hpp"
#include "events/log/append_stopped.hpp"

namespace hub::accounts {
namespace {

constexpr std::string_view kActor = "system";
constexpr std::string_view kNode = "computehub keys create";

Result<void> need_project(log::Log& log, const OfflineKey& wanted) {
  if (wanted.organisation == kDefaultOrganisation && wanted.project == kDefaultProject) return success();
  HUB_TRY(const auto history, log.history(project_id(wanted.organisation, wanted.project), 1, 1));
  if (history.empty()) return not_found("project.unknown", "there is no such project");
  return success();
}

}  // namespace

Result<CreatedKey> create_key_offline(log::Log& log, const log::Signer& signer, const OfflineKey& wanted, Instant now) {
  HUB_TRY(need_project(log, wanted));
  const auto command_id = random_command_id();
  CreatedKey key{derive_id(kApiKeyPrefix, command_id, 0), make_token()};
  const engine::Context context{now, key.id, command_id, kActor, wanted.organisation, wanted.project};
  const CreateApiKey command{wanted.name,       wanted.project,        wanted.role,
                             wanted.expires_at, token_hash(key.token), std::string(kActor)};
  HUB_TRY(const auto events, ApiKey::decide({}, command, context));
  const auto records = [&]() -> Result<std::vector<log::Record>> { return offline_records(events, context, 0); };
  HUB_TRY(log::append_stopped(log, signer, kNode, partition_of(key.id, log.partitions()), records, now));
  return key;
}

}  // namespace hub::accounts
