#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "actors/engine/command_post.hpp"
#include "actors/engine/runner.hpp"
#include "events/log/simulated_log.hpp"
#include "tests/simulation/disk.hpp"

namespace hub::simulation {

class World;

/// Thrown inside a node's append to end the node there.
struct Crashed {};

/// Decorates what a node sees of the log and of its rows, to take a protection out.
struct Decorations {
  std::function<std::unique_ptr<log::Log>(std::unique_ptr<log::Log>)> log;
  std::function<std::unique_ptr<engine::StateStore>(std::unique_ptr<engine::StateStore>)> store;
  std::function<bool(const engine::EffectRequest&)> loses;  ///< true: nobody carries this one out
};

/// One engine node: the real runner on a handle of the simulated log, with a disk of its own.
class Node final : public engine::EffectSink {
 public:
  Node(World& world, std::size_t number);
  ~Node() override { end(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::size_t number() const { return number_; }
  static std::string name_of(std::size_t number) { return "node-" + std::to_string(number); }
  /// Grows with each start; what was meant for an earlier life is dropped.
  int life() const { return life_; }
  bool is_alive() const { return runner_ != nullptr; }
  bool is_paused() const { return paused_; }
  /// In the middle of a turn, which stands still while others go on.
  bool is_busy() const { return busy_; }
  /// Ends it where it stands, once its turn goes on.
  void end_soon() { ends_soon_ = true; }

  void boot();
  enum class Rows { as_flushed, lost, damaged };
  void crash(Rows rows);
  void pause() { paused_ = true; }
  void resume() { paused_ = false; }

  /// What the group says; a paused node hears it when it goes on.
  void assign(PartitionId partition) { wanted_.insert(partition); }
  void revoke(PartitionId partition);
  bool wants(PartitionId partition) const { return wanted_.count(partition) > 0; }
  bool owns(PartitionId partition) const { return runner_ && runner_->owns(partition); }

  /// Takes what it should own and does some steps.
  void turn();
  /// Where nodes share the log, as the engine does it: a command goes by the log, whoever owns its entity.
  Result<void> submit(engine::Submission submission);
  void start(engine::EffectRequest request) override;

  engine::Runner& runner() { return *runner_; }
  engine::StateStore& store() { return *store_; }
  log::Log& log() { return *log_; }
  const std::vector<Failure>& alarms() const { return alarms_; }

 private:
  friend class GateLog;
  void end();
  void take_wanted();
  bool is_by_log() const;
  log::Inputs::Handler handler();
  void make_runner();

  World& world_;
  const std::size_t number_;
  Disk disk_;
  int life_ = 0;
  bool paused_ = false;
  bool busy_ = false;
  bool ends_soon_ = false;
  std::set<PartitionId> wanted_;
  std::map<PartitionId, Instant> retry_at_;
  std::vector<Failure> alarms_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<engine::StateStore> store_;
  std::unique_ptr<engine::Runner> runner_;
  std::unique_ptr<engine::CommandPost> post_;  ///< where nodes share the log
};

}  // namespace hub::simulation
