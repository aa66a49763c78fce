#include <malloc.h>

#include <caf/actor_system.hpp>

#include "actors/deployments/deployment.hpp"
#include "actors/engine/active_entities.hpp"
#include "actors/engine/entity_actor.hpp"
#include "actors/engine/unscheduled.hpp"
#include "events/log/embedded_log.hpp"
#include "ops/bench/bench.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kEntities = 100'000;
constexpr std::size_t kActors = 10'000;
constexpr double kMiB = 1 << 20;

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / kMiB;
}

std::size_t heap_in_use() {
  return mallinfo2().uordblks;
}

}  // namespace

void measure_memory(Bench& bench) {
  bench.rest();
  {
    const Folder folder(bench.options.folder);
    const Server server(bench.options.binary, folder.path());
    bench.report.add({"memory_idle", mebibytes(server.memory_bytes()), "MiB", 1, {}, {}});
  }
  // Behind a restart, so that it is what they cost at rest and not what folding them took.
  Site site(bench.options.binary, bench.options.folder, kEntities);
  site.stop();
  site.start();
  bench.report.add(
      {"memory_with_entities." + size_text(kEntities), mebibytes(site.server().memory_bytes()), "MiB", 1, {}, {}});
}

void measure_memory_per_actor(Bench& bench) {
  bench.rest();
  const Folder folder(bench.options.folder);
  const auto log = log::open_embedded_log({.folder = folder.path() / "log"}).value();
  const auto store = engine::open_state_store(folder.path() / "state").value();
  engine::Kinds kinds;
  kinds.add(engine::host<deployments::Deployment>());
  const auto first = requested(0, wall_now());
  const auto folded = kinds.of(first.entity)->fold({}, {&first}, nullptr).value();
  engine::StateChanges changes;
  for (std::size_t i = 0; i < kActors; ++i) {
    engine::EntityRow row{deployments::Deployment::state_version, 1, "default", "default", folded.state};
    changes.entities.emplace_back(id_of(i), std::move(row));
  }
  store->apply(changes);
  store->flush();
  changes = {};
  engine::UnscheduledConfig config;
  caf::actor_system system(config);
  engine::RunnerUnit unit(&system);
  engine::ActiveEntities active(system, unit, *store, *log, kinds, {.actors_max = kActors});
  const auto before = heap_in_use();
  for (std::size_t i = 0; i < kActors; ++i) require(active.get(id_of(i)).has_value(), "an entity cannot be loaded");
  unit.drain();
  const auto bytes = static_cast<double>(heap_in_use() - before) / kActors;
  bench.report.add({"memory_per_actor", bytes, "B", kActors, {}, {}});
}

}  // namespace hub::bench
