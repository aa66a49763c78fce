#include "tests/simulation/node.hpp"

#include "tests/simulation/forwarding_log.hpp"
#include "tests/simulation/world.hpp"

namespace hub::simulation {
namespace {

constexpr Duration kStandsStillMax = seconds(2);
constexpr Duration kClaimAgainMax = milliseconds(60);

}  // namespace

/// The log as one node reaches it: the node may stand still or end on the way in or out.
class GateLog final : public ForwardingLog {
 public:
  GateLog(Node& node, std::unique_ptr<log::Log> inner) : ForwardingLog(std::move(inner)), node_(node) {}

  log::Append append(const std::vector<log::BatchPtr>& batches) override {
    pass("before an append");
    const auto answer = inner().append(batches);
    auto& figures = node_.world_.figures();
    ++figures.appends;
    if (answer == log::Append::unknown) ++figures.unknown;
    if (answer == log::Append::fenced) ++figures.fenced;
    pass("behind an append");
    return answer;
  }

 private:
  void pass(const char* where) {
    auto& world = node_.world_;
    if (world.is_healed() || !node_.busy_) return;
    if (world.random().chance(world.options().crash_in_append)) {
      world.note("node " + std::to_string(node_.number_) + " ends " + where);
      throw Crashed{};
    }
    if (!world.random().chance(world.options().pause_in_append)) return;
    ++world.figures().pauses;
    world.note("node " + std::to_string(node_.number_) + " stands still " + where);
    world.pass_time(world.random().between(milliseconds(1), kStandsStillMax));
    if (node_.ends_soon_) throw Crashed{};
  }

  Node& node_;
};

Node::Node(World& world, std::size_t number) : world_(world), number_(number) {
  boot();
}

void Node::boot() {
  ++life_;
  const auto& decorations = world_.options().decorations;
  std::unique_ptr<log::Log> log = world_.storage().open();
  if (decorations.log) log = decorations.log(std::move(log));
  log_ = std::make_unique<GateLog>(*this, std::move(log));
  store_ = engine::make_state_store(disk_.open());
  if (decorations.store) store_ = decorations.store(std::move(store_));
  engine::RunnerOptions options;
  options.node = "node-" + std::to_string(number_);
  options.inputs_per_batch_max = 8;
  options.inputs_per_entity_max = 3;
  options.active.actors_max = 5;
  options.clock = [this] { return world_.now(); };
  options.alarm = [this](PartitionId, const Failure& failure) { alarms_.push_back(failure); };
  runner_ =
      std::make_unique<engine::Runner>(std::move(options), *log_, *store_, World::kinds(), World::actors(), *this);
}

void Node::end() {
  runner_.reset();
  store_.reset();
  log_.reset();
}

void Node::crash(Rows rows) {
  end();
  paused_ = busy_ = ends_soon_ = false;
  if (rows == Rows::lost)
    disk_.erase();
  else
    disk_.crash();
  if (rows == Rows::damaged) disk_.flip_a_byte(world_.random());
}

void Node::revoke(PartitionId partition) {
  wanted_.erase(partition);
}

void Node::take_wanted() {
  for (PartitionId partition = 0; partition < world_.options().partitions; ++partition) {
    if (wanted_.count(partition) == 0) {
      if (owns(partition)) runner_->disown(partition);
      continue;
    }
    if (owns(partition) || retry_at_[partition] > world_.now()) continue;
    if (!runner_->own(partition)) retry_at_[partition] = world_.now() + world_.random().between({}, kClaimAgainMax);
  }
}

void Node::turn() {
  if (!is_alive() || paused_ || busy_) return;
  busy_ = true;
  world_.coordinator().heard(number_);
  take_wanted();
  for (auto steps = 1 + world_.random().below(3); steps > 0 && runner_->step(); --steps) {
  }
  busy_ = false;
  if (world_.random().chance(0.02)) store_->flush();
}

Result<void> Node::submit(engine::Submission submission) {
  return runner_->submit(std::move(submission));
}

void Node::start(engine::EffectRequest request) {
  world_.provider().call(*this, std::move(request));
}

}  // namespace hub::simulation
