#include "actors/engine/engine.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "actors/engine/unscheduled.hpp"
#include "events/core/logging.hpp"

namespace hub::engine {
namespace {

/// A command that is not decided by then is answered with where to ask later.
constexpr std::chrono::milliseconds kCommandPatience{5'000};
/// How often those whose time is over are answered.
constexpr std::chrono::milliseconds kSweepEvery{100};

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
      has_room_(options.runner.has_room),
      effects_(options.effect_threads) {
  for (std::size_t i = 0; i < runner_count(options.runners); ++i)
    runners_.push_back(std::make_unique<Runner>(options.runner, log_, store_, kinds_, *system_, effects_));
  if (auto* inputs = log_.inputs())
    post_ = std::make_unique<CommandPost>(
        CommandPost::Options{options.runner.commands_per_partition_max, kCommandPatience, options.runner.clock}, log_,
        *inputs, store_);
}

Engine::~Engine() {
  stop();
  runners_.clear();
}

Result<void> Engine::start() {
  std::vector<std::vector<PartitionId>> shares(runners_.size());
  for (PartitionId partition = 0; partition < log_.partitions(); ++partition)
    shares[partition % runners_.size()].push_back(partition);
  for (std::size_t i = 0; i < runners_.size(); ++i) runners_[i]->share(shares[i]);
  if (!post_) {
    for (PartitionId partition = 0; partition < log_.partitions(); ++partition) {
      HUB_TRY(runner_of(partition).own(partition));
    }
  }
  for (auto& runner : runners_) {
    auto& thread = threads_.emplace_back([this, at = runner.get()] { drive(*at); });
    pthread_setname_np(thread.native_handle(), "hub-runner");
  }
  watchdog_ = std::thread([this] { watch(); });
  return post_ ? log_.inputs()->start(inputs_handler()) : success();
}

log::Inputs::Handler Engine::inputs_handler() {
  log::Inputs::Handler handler;
  handler.assigned = [this](const std::vector<PartitionId>& partitions, bool goes_on) {
    std::vector<std::set<PartitionId>> shares(runners_.size());
    for (const auto partition : partitions) shares[partition % runners_.size()].insert(partition);
    for (std::size_t i = 0; i < runners_.size(); ++i) runners_[i]->assign(std::move(shares[i]), goes_on);
  };
  handler.revoked = [this] {
    for (auto& runner : runners_) runner->suspend();
  };
  handler.arrived = [this](PartitionId partition, std::uint64_t session, std::uint64_t offset,
                           std::optional<log::Command> command) {
    // What is foreign, or lies where its owner would not look, is passed over.
    if (command && partition_of(command->entity, log_.partitions()) == partition)
      runner_of(partition).arrive(partition, session, {input_of(std::move(*command)), {}, {}, offset});
    else
      ++strays_;
  };
  handler.truncated = [this](PartitionId partition) {
    runner_of(partition).alarm(partition, {FailureKind::gone, "log.truncated",
                                           "commands of partition " + std::to_string(partition) +
                                               " are kept no longer from where they were decided to",
                                           "", 0});
  };
  handler.expelled = [](const Failure& why) {
    logging::write_last(why.detail, {{"code", why.code}});
    std::_Exit(EXIT_FAILURE);
  };
  return handler;
}

Result<void> Engine::read_only() {
  for (auto& runner : runners_) runner->stop();
  for (PartitionId partition = 0; partition < log_.partitions(); ++partition) {
    HUB_TRY(runner_of(partition).read(partition));
  }
  return success();
}

void Engine::drive(Runner& runner) {
  while (!runner.stopping())
    if (!runner.step()) runner.wait();
  // What was accepted before the stop is decided and answered.
  while (runner.queued() > 0 && runner.step()) {
  }
}

void Engine::watch() {
  std::vector<StuckWatch> watches(runners_.size());
  std::unique_lock lock(watch_mutex_);
  while (!watch_wake_.wait_for(lock, post_ ? kSweepEvery : StuckWatch::kLookEvery, [this] { return stopped_; })) {
    if (post_) post_->sweep();
    for (std::size_t i = 0; i < runners_.size(); ++i) end_when_stuck(i, watches[i]);
  }
}

void Engine::end_when_stuck(std::size_t index, StuckWatch& watch) {
  const auto& runner = *runners_[index];
  const auto& metrics = runner.metrics();
  const bool waits = metrics.held || (post_ && (runner.is_with_log() || metrics.suspended));
  if (!watch.is_stuck(metrics.inputs, runner.queued(), waits, std::chrono::steady_clock::now())) return;
  logging::write_last("a runner is stuck with input waiting; the process ends", {{"runner", index}});
  std::_Exit(EXIT_FAILURE);
}

Result<void> Engine::submit(Input input, Completion done) {
  const bool is_command = input.source == Input::Source::command;
  if (post_ && is_command && has_room_ && !has_room_()) return disk_full();
  if (post_ && is_command) return post_->send(input, std::move(done));
  const auto partition = is_id(input.entity) ? partition_of(input.entity, log_.partitions()) : 0;
  auto& runner = runner_of(partition);
  if (post_ && input.source == Input::Source::effect && !runner.seems_to_own(partition)) {
    post_->forward(std::move(input));
    return success();
  }
  return runner.submit({std::move(input), std::move(done), {}, {}});
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
  if (post_) log_.inputs()->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  if (post_) post_->stop();
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
