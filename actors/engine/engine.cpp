#include "actors/engine/engine.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "actors/engine/unscheduled.hpp"
#include "events/core/logging.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kCoresPerRunner = 4;
constexpr std::size_t kRunnersMax = 8;
/// A runner that has input waiting and has not finished a batch for this long is stuck.
constexpr auto kStuckAfter = std::chrono::seconds(10);
/// How often those that wait for a log that is away are answered.
constexpr std::chrono::seconds kLookEvery{1};

std::size_t runner_count(std::size_t wanted) {
  if (wanted > 0) return std::min(wanted, kRunnersMax);
  return std::clamp<std::size_t>(std::thread::hardware_concurrency() / kCoresPerRunner, 1, kRunnersMax);
}

/// Outlives every system that it configures.
caf::actor_system_config& caf_config() {
  static UnscheduledConfig config;
  return config;
}

}  // namespace

Engine::Engine(EngineOptions options, log::Log& log, StateStore& store, Kinds kinds)
    : log_(log),
      store_(store),
      kinds_(std::move(kinds)),
      system_(std::make_unique<caf::actor_system>(caf_config())),
      effects_(options.effect_threads) {
  for (std::size_t i = 0; i < runner_count(options.runners); ++i)
    runners_.push_back(std::make_unique<Runner>(options.runner, log_, store_, kinds_, *system_, effects_));
}

Engine::~Engine() {
  stop();
  runners_.clear();
}

Result<void> Engine::start() {
  for (PartitionId partition = 0; partition < log_.partitions(); ++partition) {
    HUB_TRY(runner_of(partition).own(partition));
  }
  for (auto& runner : runners_) {
    auto& thread = threads_.emplace_back([this, at = runner.get()] { drive(*at); });
    pthread_setname_np(thread.native_handle(), "hub-runner");
  }
  watchdog_ = std::thread([this] { watch(); });
  return success();
}

Result<void> Engine::read_only() {
  for (auto& runner : runners_) runner->stop();
  for (PartitionId partition = 0; partition < log_.partitions(); ++partition) {
    HUB_TRY(runner_of(partition).read(partition));
  }
  return success();
}

void Engine::drive(Runner& runner) {
  while (!runner.stopping()) {
    if (log_.is_shared()) claim_again(runner);
    if (!runner.step()) runner.wait();
  }
  // What was accepted before the stop is decided and answered.
  while (runner.queued() > 0 && runner.step()) {
  }
}

/// This node has every partition: one that it lost because its brokers did not answer is claimed when they do.
void Engine::claim_again(Runner& runner) {
  for (PartitionId partition = 0; partition < log_.partitions(); ++partition) {
    if (&runner_of(partition) != &runner || runner.owns(partition)) continue;
    if (const auto owned = runner.own(partition); !owned) {
      logging::write(logging::Level::warning, "a partition cannot be claimed now",
                     {{"partition", partition}, {"code", owned.error().code}, {"why", owned.error().detail}});
      return;
    }
    logging::write(logging::Level::info, "a partition was claimed again", {{"partition", partition}});
  }
}

void Engine::watch() {
  std::vector<std::uint64_t> seen(runners_.size());
  auto looked_at = std::chrono::steady_clock::now();
  std::unique_lock lock(watch_mutex_);
  while (!watch_wake_.wait_for(lock, log_.is_shared() ? kLookEvery : kStuckAfter, [this] { return stopped_; })) {
    if (log_.is_shared())
      for (const auto& runner : runners_) runner->refuse_while_log_is_away();
    if (std::chrono::steady_clock::now() - looked_at < kStuckAfter) continue;
    looked_at = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < runners_.size(); ++i) end_when_stuck(i, seen[i]);
  }
}

void Engine::end_when_stuck(std::size_t index, std::uint64_t& seen) {
  const auto& runner = *runners_[index];
  const auto inputs = runner.metrics().inputs.load();
  const bool waits = runner.metrics().held || (log_.is_shared() && runner.is_with_log());
  if (inputs == seen && runner.queued() > 0 && !waits) {
    logging::write_last("a runner is stuck with input waiting; the process ends", {{"runner", index}});
    std::_Exit(EXIT_FAILURE);
  }
  seen = inputs;
}

Result<void> Engine::submit(Input input, Completion done) {
  const auto partition = is_id(input.entity) ? partition_of(input.entity, log_.partitions()) : 0;
  return runner_of(partition).submit({std::move(input), std::move(done), std::nullopt});
}

void Engine::stop() {
  {
    const std::lock_guard lock(watch_mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  watch_wake_.notify_all();
  if (watchdog_.joinable()) watchdog_.join();
  // Effects first: their results are inputs, and what comes after is owed by the agenda.
  effects_.stop();
  for (auto& runner : runners_) runner->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  // One checkpoint names the heads of all partitions, whoever owns them.
  for (auto& runner : runners_)
    if (runner->sign_heads()) break;
  store_.flush();
}

std::vector<const RunnerMetrics*> Engine::metrics() const {
  std::vector<const RunnerMetrics*> all;
  for (const auto& runner : runners_) all.push_back(&runner->metrics());
  return all;
}

}  // namespace hub::engine
