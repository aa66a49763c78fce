#pragma once
#include <memory>
#include <string>
#include <vector>

#include "actors/engine/kind.hpp"
#include "events/log/signing.hpp"
#include "events/log/simulated_log.hpp"
#include "tests/simulation/clients.hpp"
#include "tests/simulation/coordinator.hpp"
#include "tests/simulation/fake_provider.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/timeline.hpp"

namespace caf {
class actor_system;
}

namespace hub::simulation {

struct WorldOptions {
  std::uint64_t seed = 0;
  std::size_t nodes = 3;
  std::uint32_t partitions = 6;
  /// The group and the commands are those of the simulated log, and each deployment runs at one of the nodes; else the
  /// coordinator gives partitions out, and commands go to their owners.
  bool by_log = false;
  bool group_fences = true;  ///< false: it takes what anybody writes
  log::SimulatedInputFaults input_faults{
      .publish_lost = 0.02, .publish_unknown = 0.03, .publish_twice = 0.05, .delay_max = milliseconds(30)};
  Workload workload;
  Duration active = seconds(4);  ///< commands and faults come this long; then all heals
  log::SimulatedFaults log_faults{.unknown = 0.05, .claim_refused = 0.05, .delay_max = milliseconds(60)};
  double crashes_per_second = 0.8;
  double pauses_per_second = 0.8;
  double moves_per_second = 1.0;
  double leaves_per_second = 0;   ///< a node ends in good order, and comes back
  double pause_in_append = 0.01;  ///< of each append: the node stands still between decision and commit, or behind it
  double crash_in_append = 0.005;
  double message_lost = 0.03;
  double message_repeated = 0.05;
  Duration message_delay_max = milliseconds(80);
  Decorations decorations;
  bool prints = false;  ///< a line for each fault, for those who look for a cause
};

/// How much went wrong in a run.
struct Figures {
  std::uint64_t appends = 0;
  std::uint64_t unknown = 0;
  std::uint64_t fenced = 0;
  std::uint64_t crashes = 0;
  std::uint64_t pauses = 0;
  std::uint64_t moves = 0;       ///< of a partition to another node
  std::uint64_t leaves = 0;      ///< of a node, in good order
  std::uint64_t share_outs = 0;  ///< by the log's group
};

/// Some engine nodes, the log they share, the group that gives them partitions, clients and a provider, in one thread
/// on a virtual clock. The same options give the same run, byte by byte.
class World {
 public:
  explicit World(WorldOptions options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Commands and faults, then healing, until all has settled. False when it has not 60 s after healing.
  bool run();

  Instant now() const { return storage_.now(); }
  void after(Duration delay, Timeline::Action action) { timeline_.at(now() + delay, std::move(action)); }
  /// Lets everything go on for a while; a node in the middle of its turn stands still.
  void pass_time(Duration time) { run_until(now() + time); }
  bool is_healed() const { return healed_; }
  /// How long a message travels; nothing when it is lost. Twice a delay when it is repeated.
  std::vector<Duration> travel();
  void note(const std::string& what) const;

  const WorldOptions& options() const { return options_; }
  Random& random() { return random_; }
  log::SimulatedLog& storage() { return storage_; }
  std::vector<std::unique_ptr<Node>>& nodes() { return nodes_; }
  Coordinator& coordinator() { return coordinator_; }
  FakeProvider& provider() { return provider_; }
  Clients& clients() { return clients_; }
  /// The node that serves a partition now; null when nobody does.
  Node* owner_of(PartitionId partition);
  Instant healed_at() const { return healed_at_; }
  Figures& figures() { return figures_; }

  /// Signs the heads of every node that shares the log.
  static const log::Signer& signer();
  static const engine::Kinds& kinds();
  static caf::actor_system& actors();

 private:
  void plan_faults();
  void plan_turn(Node& node);
  void crash(Node& node);
  void leave(Node& node);
  void pause(Node& node);
  void heal();
  bool is_settled();
  bool all_have_read();
  void run_until(Instant end);
  Node& any_node() { return *nodes_[random_.below(nodes_.size())]; }

  WorldOptions options_;
  Random random_;
  log::SimulatedLog storage_;
  Timeline timeline_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Coordinator coordinator_;
  FakeProvider provider_;
  Clients clients_;
  Figures figures_;
  bool healed_ = false;
  Instant healed_at_;
};

}  // namespace hub::simulation
