#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "actors/deployments/commands.hpp"
#include "actors/engine/effects.hpp"

namespace hub::simulation {

class Node;
class World;

/// What deployments run on. It keeps to its idempotency keys: an order prepares once, a run starts once.
class FakeProvider {
 public:
  explicit FakeProvider(World& world) : world_(world) {}

  /// An effect that a node starts; its result comes back to that life of that node, late, twice or never.
  void call(Node& node, engine::EffectRequest request);

  /// Every (name, key) that was asked for, by entity.
  const std::map<std::string, std::set<std::pair<std::string, std::string>>>& calls() const { return calls_; }
  /// Which nodes asked, by entity.
  const std::map<std::string, std::set<std::size_t>>& callers() const { return callers_; }
  /// How often each order was prepared and each run was started.
  const std::map<std::string, int>& prepared() const { return prepared_; }
  const std::map<std::pair<std::string, std::int32_t>, int>& started() const { return started_; }
  bool is_running(const std::string& id) const;

 private:
  struct Caller {
    std::size_t node = 0;
    int life = 0;
    bool operator<(const Caller& other) const { return node < other.node || (node == other.node && life < other.life); }
  };
  struct Machine {
    bool prepared = false;
    bool removed = false;
    std::int32_t run = 0;  ///< the latest that was started, or stopped before it was
    bool running = false;
    Instant started_at;
    Instant ended_at;
    deployments::Reason end;
    std::set<Caller> watchers;
  };

  void carry_out(Caller caller, const engine::EffectRequest& request);
  void start(Caller caller, const std::string& id, std::int32_t run);
  void stop(Caller caller, const std::string& id, std::int32_t run);
  void watch(Caller caller, const std::string& id, std::int32_t run);
  void end_run(const std::string& id, std::int32_t run, deployments::Reason reason);
  void tell_end(Caller caller, const std::string& id);
  void report(Caller caller, const std::string& id, const deployments::Command& command);

  World& world_;
  std::map<std::string, Machine> machines_;
  std::map<std::string, std::set<std::pair<std::string, std::string>>> calls_;
  std::map<std::string, std::set<std::size_t>> callers_;
  std::map<std::string, int> prepared_;
  std::map<std::pair<std::string, std::int32_t>, int> started_;
};

}  // namespace hub::simulation
