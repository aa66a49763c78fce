#include "tests/simulation/world.hpp"

#include <caf/actor_system.hpp>
#include <iostream>

#include "actors/deployments/deployment.hpp"
#include "actors/engine/entity_actor.hpp"
#include "actors/engine/unscheduled.hpp"
#include "events/core/logging.hpp"
#include "tests/engine/counter.hpp"

namespace hub::simulation {
namespace {

class Quiet final : public logging::Sink {
 public:
  bool wants(logging::Level) const override { return false; }
  void write(logging::Level, std::string_view, logging::Fields) override {}
  void flush() override {}
};

constexpr Duration kTurnMax = milliseconds(12);
constexpr Duration kDownMax = milliseconds(1'500);
constexpr Duration kPausedMax = milliseconds(2'000);
constexpr Duration kSettleWithin = seconds(60);
constexpr Duration kLookEvery = milliseconds(250);

}  // namespace

const engine::Kinds& World::kinds() {
  static const engine::Kinds kinds = [] {
    engine::Kinds made;
    made.add(engine::host<test::Counter>());
    made.add(engine::host<deployments::Deployment>());
    return made;
  }();
  return kinds;
}

const log::Signer& World::signer() {
  static const auto signer = log::Signer::temporary();
  return signer;
}

caf::actor_system& World::actors() {
  // What the engine would tell an operator about each fault is noise here.
  static Quiet quiet;
  logging::set_sink(&quiet);
  // Never ended: when the process exits, what it needs of its library is gone before it.
  static auto& system = *new caf::actor_system(*new engine::UnscheduledConfig);
  return system;
}

World::World(WorldOptions options)
    : options_(std::move(options)),
      random_(options_.seed * 2 + 1),
      storage_(options_.seed, options_.partitions),
      coordinator_(*this, options_.partitions),
      provider_(*this),
      clients_(*this) {
  storage_.set_faults(options_.log_faults);
  for (std::size_t number = 0; number < options_.nodes; ++number) {
    nodes_.push_back(std::make_unique<Node>(*this, number));
    plan_turn(*nodes_.back());
  }
  storage_.group().set_session(Coordinator::kSessionTimeout);
  storage_.group().set_faults(options_.input_faults);
  storage_.group().set_fencing(options_.group_fences);
  if (!options_.by_log) coordinator_.begin();
}

World::~World() = default;

bool World::run() {
  clients_.begin();
  plan_faults();
  const auto healing = now() + options_.active;
  run_until(healing);
  heal();
  while (now() < healed_at_ + kSettleWithin) {
    run_until(now() + kLookEvery);
    if (is_settled()) return true;
  }
  return false;
}

void World::run_until(Instant end) {
  while (!timeline_.empty() && timeline_.next() <= end) {
    storage_.advance_to(timeline_.next());
    timeline_.take()();
  }
  storage_.advance_to(end);
}

void World::plan_turn(Node& node) {
  after(random_.between(milliseconds(1), kTurnMax), [this, &node] {
    try {
      node.turn();
    } catch (const Crashed&) {
      crash(node);
    }
    plan_turn(node);
  });
}

void World::plan_faults() {
  const auto plan = [this](double per_second, const Timeline::Action& fault) {
    const auto seconds_active = static_cast<double>(options_.active.micros) / 1e6;
    auto times = static_cast<std::uint64_t>(per_second * seconds_active);
    if (random_.chance(per_second * seconds_active - static_cast<double>(times))) ++times;
    for (; times > 0; --times) after(random_.between({}, options_.active), fault);
  };
  plan(options_.crashes_per_second, [this] {
    auto& node = any_node();
    if (node.is_busy())
      node.end_soon();
    else if (node.is_alive())
      crash(node);
  });
  plan(options_.pauses_per_second, [this] { pause(any_node()); });
  plan(options_.leaves_per_second, [this] {
    auto& node = any_node();
    if (node.is_alive() && !node.is_busy()) leave(node);
  });
  if (options_.by_log) return;
  plan(options_.moves_per_second,
       [this] { coordinator_.move(static_cast<PartitionId>(random_.below(options_.partitions))); });
}

void World::crash(Node& node) {
  ++figures_.crashes;
  const auto how = random_.below(10);
  note("node " + std::to_string(node.number()) + " crashes");
  node.crash(how < 1 ? Node::Rows::lost : how < 4 ? Node::Rows::damaged : Node::Rows::as_flushed);
  after(random_.between(milliseconds(1), kDownMax), [&node] {
    if (!node.is_alive()) node.boot();
  });
}

void World::leave(Node& node) {
  ++figures_.leaves;
  note("node " + std::to_string(node.number()) + " leaves");
  node.store().flush();
  node.crash(Node::Rows::as_flushed);
  after(random_.between(milliseconds(1), kDownMax), [&node] {
    if (!node.is_alive()) node.boot();
  });
}

void World::pause(Node& node) {
  if (!node.is_alive() || node.is_paused()) return;
  ++figures_.pauses;
  note("node " + std::to_string(node.number()) + " is paused");
  node.pause();
  const auto life = node.life();
  after(random_.between(milliseconds(1), kPausedMax), [&node, life] {
    if (node.life() == life) node.resume();
  });
}

void World::heal() {
  healed_ = true;
  healed_at_ = now();
  note("all heals");
  auto faults = options_.log_faults;
  faults.unknown = faults.claim_refused = 0;
  storage_.set_faults(faults);
  auto input_faults = options_.input_faults;
  input_faults.publish_lost = input_faults.publish_unknown = 0;
  storage_.group().set_faults(input_faults);
  for (auto& node : nodes_) {
    node->resume();
    if (!node->is_alive()) node->boot();
  }
}

std::vector<Duration> World::travel() {
  if (!healed_ && random_.chance(options_.message_lost)) return {};
  std::vector<Duration> delays{random_.between({}, options_.message_delay_max)};
  if (random_.chance(options_.message_repeated)) delays.push_back(random_.between({}, options_.message_delay_max));
  return delays;
}

Node* World::owner_of(PartitionId partition) {
  if (!options_.by_log) {
    auto& node = *nodes_[coordinator_.owner(partition)];
    return node.owns(partition) ? &node : nullptr;
  }
  const auto name = storage_.group().owner(partition);
  for (auto& node : nodes_)
    if (Node::name_of(node->number()) == name && node->owns(partition)) return node.get();
  return nullptr;
}

/// Every node has folded all there is, and has nothing before it.
bool World::all_have_read() {
  if (!storage_.group().is_quiet()) return false;
  const auto latest = storage_.open();
  for (const auto& node : nodes_) {
    if (node->runner().queued() > 0) return false;
    for (PartitionId partition = 0; partition < options_.partitions; ++partition)
      if (!(node->store().head(partition) == latest->head(partition))) return false;
  }
  return true;
}

bool World::is_settled() {
  if (!clients_.are_done()) return false;
  for (PartitionId partition = 0; partition < options_.partitions; ++partition)
    if (owner_of(partition) == nullptr) return false;
  // By what is owed, not by the row of the entity, which may be damaged until it is loaded.
  bool timers_wait = false;
  for (const auto& node : nodes_)
    node->store().agendas([&](const std::string& id, const engine::Agenda& agenda) {
      if (owner_of(partition_of(id, options_.partitions)) != node.get()) return;
      for (const auto& due : agenda) timers_wait = timers_wait || due.kind == engine::Due::Kind::timer;
    });
  if (timers_wait) return false;
  if (options_.by_log && !all_have_read()) return false;
  for (int i = 0; i < options_.workload.deployments; ++i) {
    const auto id = Clients::deployment_id(options_.seed, i);
    const auto row = owner_of(partition_of(id, options_.partitions))->store().entity(id);
    if (!row || !row.value() || row.value()->state.empty()) continue;
    using deployments::Status;
    const auto status = deployments::Deployment::decode_state(row.value()->state).value().status;
    const bool rests = status == Status::stopped || status == Status::failed || status == Status::deleted;
    if (!rests && !(status == Status::running && provider_.is_running(id))) return false;
  }
  // Copies and reports that are still on their way come within this.
  return now() - healed_at_ >= seconds(1);
}

void World::note(const std::string& what) const {
  if (options_.prints) std::cerr << (now().micros - 1'700'000'000'000'000) / 1'000 << " ms: " << what << "\n";
}

}  // namespace hub::simulation
