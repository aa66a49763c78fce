#pragma once
#include <caf/actor_system.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "actors/engine/command_post.hpp"
#include "actors/engine/effect_pool.hpp"
#include "actors/engine/runner.hpp"
#include "actors/engine/runner_count.hpp"
#include "actors/engine/stuck_watch.hpp"

namespace hub::engine {

struct EngineOptions {
  RunnerOptions runner;
  std::size_t runners = 0;  ///< as runner_count() takes it
  std::size_t effect_threads = 8;
};

/// Hosts the entities of every kind on this node: runners on threads of their own, effects on others, a watchdog.
class Engine {
 public:
  Engine(EngineOptions options, log::Log& log, StateStore& store, Kinds kinds);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Who carries out the effects of a kind. Before start().
  void handle_effects(std::string prefix, EffectPool::Handler handler) {
    effects_.handle(std::move(prefix), std::move(handler));
  }

  /// The same for a kind whose effects are many and long: `sink` must not block, and is told of withdrawals. It outlives
  /// stop(), and submits nothing that is to count from then on.
  void hand_over_effects(std::string prefix, EffectSink& sink) { effects_.hand_over(std::move(prefix), sink); }

  /// Folds what the store lacks, and serves: every partition, or those that this node is given of a shared log. Fails
  /// as Runner::own or log::Inputs::start does.
  Result<void> start();
  /// In place of start(), for a node that only reads: folds what the store lacks, claims nothing, carries out nothing,
  /// and refuses every input. Fails as Log::read does.
  Result<void> read_only();
  /// Fails: too_many `queue.full`, unavailable `server.stopping`, `log.unavailable`. `done` is called on one of the
  /// engine's own threads once the outcome is durable, or when it is certain that nothing was done; not when submit
  /// itself fails.
  Result<void> submit(Input input, Completion done = {});
  /// From now on this node carries out what is to be done at `host`, or does so no more. What is owed there is asked
  /// for again at each attaching, whatever became of it before. Of one host in order; any thread.
  void set_host(const std::string& host, bool attached) {
    for (auto& runner : runners_) runner->set_host(host, attached);
  }
  /// Decides what is queued, ends the threads, signs the heads of the log, makes the rows durable. Safe to repeat.
  void stop();

  const Kinds& kinds() const { return kinds_; }
  StateStore& store() { return store_; }
  std::vector<const RunnerMetrics*> metrics() const;
  /// Records among the commands that were not for anybody here.
  std::uint64_t strays() const { return strays_; }
  /// Sent from here to other nodes' partitions or this one's by the log, and not answered yet.
  std::size_t commands_waiting() const { return post_ ? post_->waiting() : 0; }
  std::size_t effects_waiting() const { return effects_.waiting(); }

 private:
  Runner& runner_of(PartitionId partition) { return *runners_[partition % runners_.size()]; }
  void drive(Runner& runner);
  log::Inputs::Handler inputs_handler();
  void watch();
  void end_when_stuck(std::size_t index, StuckWatch& watch);

  log::Log& log_;
  StateStore& store_;
  Kinds kinds_;
  std::unique_ptr<caf::actor_system> system_;
  const std::function<bool()> has_room_;
  EffectPool effects_;
  std::vector<std::unique_ptr<Runner>> runners_;
  std::unique_ptr<CommandPost> post_;  ///< where nodes share the log
  std::atomic<std::uint64_t> strays_{0};
  std::vector<std::thread> threads_;
  std::thread watchdog_;
  std::mutex watch_mutex_;
  std::condition_variable watch_wake_;
  bool stopped_ = false;
};

}  // namespace hub::engine
