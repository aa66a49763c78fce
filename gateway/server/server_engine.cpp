// What decides, and what carries out: the engine, providers, and the machine as a host.
#include <algorithm>

#include "adapters/providers/local/kept_output.hpp"
#include "events/log/checkpoint.hpp"
#include "gateway/server/kinds.hpp"
#include "gateway/server/server_parts.hpp"

namespace hub::server {
namespace {

/// What was answered before the last end is in the projections before the door opens, unless this takes longer: then
/// it opens all the same, and health says how far behind they are.
constexpr std::chrono::milliseconds kCatchUpPatience{10'000};

}  // namespace

Result<void> Server::Parts::start_engine() {
  engine::EngineOptions engine_options;
  engine_options.runner.node = node;
  if (log->inputs() != nullptr) engine_options.runner.host = node;
  engine_options.runner.buried = [this](const engine::DeadLetter& letter) {
    letter_changed(letter, engine::LetterChange::kept);
  };
  engine_options.runner.has_room = [this] { return disk->has_room(); };
  engine_options.runner.checkpoint = [this](PartitionId partition, const log::Head& head, Instant now) {
    std::vector<log::Head> heads;
    for (PartitionId other = 0; other < log->partitions(); ++other) heads.push_back(log->head(other));
    return log::make_checkpoint(*signer, partition, head, heads, now);
  };
  engine = std::make_unique<engine::Engine>(engine_options, *log, *state, all_kinds());
  if (options.read_only) {
    providers.add(std::make_shared<providers::local::KeptOutput>(folder.local()));
  } else {
    add_effects();
  }
  projections->start();
  HUB_TRY(options.read_only ? engine->read_only() : engine->start());
  Cursor head{log->incarnation(), {}};
  for (PartitionId partition = 0; partition < log->partitions(); ++partition)
    head.seqs.push_back(log->head(partition).seq);
  for (const auto* name : {"deployments", "tasks"}) {
    HUB_TRY(projections->feed(name).progress().wait_for(head, kCatchUpPatience));
  }
  return success();
}

void Server::Parts::add_effects() {
  orders = std::make_unique<deployments::Orders>(
      *log, [this](const std::string& id, const std::string& organisation, const std::string& project,
                   const std::map<std::string, deployments::EnvValue>& env) {
        return open_env(*secret_values, *sealer, id, organisation, project, env);
      });
  effects = std::make_unique<deployments::DeploymentEffects>(
      providers,
      [this](const engine::EffectRequest& request, const deployments::EffectData& data) {
        return orders->find(request, data);
      },
      [this](engine::Input input) {
        // What is refused here while the server stops is owed by the agenda, and asked for again at the next start.
        static_cast<void>(engine->submit(std::move(input)));
      });
  telemetry = std::make_unique<Telemetry>(*effects);
  providers::local::LocalOptions local;
  local.folder = folder.local().string();
  auto provider = std::make_shared<providers::local::LocalProvider>(local, *telemetry);
  local_provider = provider.get();
  providers.add(std::move(provider));
  engine->handle_effects(std::string(deployments::kDeploymentPrefix), [this](const engine::EffectRequest& request) {
    // Of the hosts of agents nothing is due before one is attached.
    if (!request.place.empty() && request.place != node)
      agent_door->give(request);
    else
      effects->run(request);
  });
  host_effects = std::make_unique<hosts::HostEffects>(
      *state, [this](engine::Input input) { static_cast<void>(engine->submit(std::move(input))); });
  engine->handle_effects(std::string(hosts::kHostPrefix),
                         [this](const engine::EffectRequest& request) { host_effects->run(request); });
  add_task_calls();
}

hosts::HostState Server::Parts::this_host() const {
  auto offer = server::this_host(node, *providers.find("local"));
  hosts::HostState host;
  host.name = std::move(offer.name);
  host.cpus = offer.cpus;
  host.memory_bytes = offer.memory_bytes;
  host.gpus = std::move(offer.gpus);
  host.running = running_here();
  host.seen_at = wall_now();
  return host;
}

std::optional<Instant> Server::Parts::host_away(std::string_view name) const {
  const auto row = state->entity(hosts::host_id(name));
  if (!row || !row.value()) return std::nullopt;
  const auto host = hosts::Host::decode_state(row.value()->state);
  return host && host.value().away ? std::optional(host.value().seen_at) : std::nullopt;
}

std::int32_t Server::Parts::running_here() const {
  const auto all = providers.find("local")->list();
  if (!all) return 0;
  return static_cast<std::int32_t>(std::count_if(all.value().begin(), all.value().end(), [](const auto& observed) {
    return observed.state == providers::RunState::running;
  }));
}

}  // namespace hub::server
