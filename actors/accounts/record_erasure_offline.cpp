#include "actors/accounts/record_erasure_offline.hpp"

#include "actors/accounts/offline_records.hpp"
#include "events/log/append_stopped.hpp"

namespace hub::accounts {
namespace {

constexpr std::string_view kNode = "computehub keys erase";
constexpr std::size_t kPage = 1'000;

struct Loaded {
  ProjectState state;
  Version version = 0;
};

Result<Loaded> load(log::Log& log, const std::string& id) {
  Loaded loaded;
  for (;;) {
    HUB_TRY(const auto events, log.history(id, loaded.version + 1, kPage));
    for (const auto& [position, at, record] : events) {
      HUB_TRY(const auto event, Project::decode_event(record.type, record.data));
      Project::evolve(loaded.state, event);
      loaded.version = record.version;
    }
    if (events.size() < kPage) return loaded;
  }
}

}  // namespace

Result<void> record_erasure_offline(log::Log& log, const log::Signer& signer, std::string_view organisation,
                                    std::string_view project, const RecordErasure& erasure, Instant now) {
  const auto id = project_id(organisation, project);
  const auto command_id = random_command_id();
  const auto decide = [&]() -> Result<std::vector<log::Record>> {
    HUB_TRY(const auto loaded, load(log, id));
    const engine::Context context{now, id, command_id, "system", organisation, project};
    HUB_TRY(const auto events, Project::decide(loaded.state, erasure, context));
    return offline_records(events, context, loaded.version);
  };
  return log::append_stopped(log, signer, kNode, partition_of(id, log.partitions()), decide, now);
}

}  // namespace hub::accounts
