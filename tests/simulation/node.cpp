#include "tests/simulation/node.hpp"

#include <numeric>

#include "events/log/checkpoint.hpp"
#include "tests/simulation/forwarding_log.hpp"
#include "tests/simulation/world.hpp"

namespace hub::simulation {
namespace {

constexpr Duration kStandsStillMax = seconds(2);
constexpr Duration kClaimAgainMax = milliseconds(60);
constexpr std::size_t kWaitingMax = 4'096;
/// Of each turn.
constexpr double kSweeps = 0.05;

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
  std::unique_ptr<log::Log> log = world_.storage().open(is_by_log() ? name_of(number_) : "");
  if (decorations.log) log = decorations.log(std::move(log));
  log_ = std::make_unique<GateLog>(*this, std::move(log));
  store_ = engine::make_state_store(disk_.open());
  if (decorations.store) store_ = decorations.store(std::move(store_));
  make_runner();
  if (!is_by_log()) return;
  std::vector<PartitionId> all(world_.options().partitions);
  std::iota(all.begin(), all.end(), PartitionId{0});
  runner_->share(std::move(all));
  // Nobody waits: a sweep tells whoever has no answer yet to ask again.
  post_ = std::make_unique<engine::CommandPost>(
      engine::CommandPost::Options{kWaitingMax, std::chrono::milliseconds(0), [this] { return world_.now(); }}, *log_,
      *log_->inputs(), *store_);
  HUB_ASSERT(log_->inputs()->start(handler()));
}

/// The checker's own node comes behind those of the world, and takes no part.
bool Node::is_by_log() const {
  return world_.options().by_log && number_ < world_.options().nodes;
}

log::Inputs::Handler Node::handler() {
  log::Inputs::Handler handler;
  handler.assigned = [this](const std::vector<PartitionId>& partitions, bool goes_on) {
    runner_->assign({partitions.begin(), partitions.end()}, goes_on);
  };
  handler.revoked = [this] { runner_->suspend(); };
  handler.arrived = [this](PartitionId partition, std::uint64_t session, std::uint64_t offset,
                           std::optional<log::Command> command) {
    runner_->arrive(partition, session, {engine::input_of(std::move(*command)), {}, {}, offset});
  };
  handler.truncated = [this](PartitionId) { alarms_.push_back({FailureKind::gone, "log.truncated", "", "", 0}); };
  handler.expelled = [this](const Failure& why) { alarms_.push_back(why); };
  return handler;
}

void Node::make_runner() {
  engine::RunnerOptions options;
  options.node = name_of(number_);
  if (is_by_log()) {
    options.host = options.node;
    options.checkpoint = [this](PartitionId partition, const log::Head& head, Instant now) {
      std::vector<log::Head> heads;
      for (PartitionId other = 0; other < log_->partitions(); ++other) heads.push_back(log_->head(other));
      return log::make_checkpoint(World::signer(), partition, head, heads, now);
    };
  }
  options.inputs_per_batch_max = 8;
  options.inputs_per_entity_max = 3;
  options.active.actors_max = 5;
  options.clock = [this] { return world_.now(); };
  options.alarm = [this](PartitionId, const Failure& failure) { alarms_.push_back(failure); };
  runner_ =
      std::make_unique<engine::Runner>(std::move(options), *log_, *store_, World::kinds(), World::actors(), *this);
}

void Node::end() {
  if (log_ && log_->inputs() != nullptr) log_->inputs()->stop();
  post_.reset();
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
  if (is_by_log()) {
    world_.storage().group().hear(name_of(number_));
    if (world_.random().chance(kSweeps)) post_->sweep();
  } else {
    world_.coordinator().heard(number_);
    take_wanted();
  }
  for (auto steps = 1 + world_.random().below(3); steps > 0 && runner_->step(); --steps) {
  }
  busy_ = false;
  if (world_.random().chance(0.02)) store_->flush();
}

Result<void> Node::submit(engine::Submission submission) {
  const auto& input = submission.input;
  if (!post_) return runner_->submit(std::move(submission));
  if (input.source == engine::Input::Source::command) return post_->send(input, std::move(submission.done));
  if (runner_->seems_to_own(partition_of(input.entity, log_->partitions())))
    return runner_->submit(std::move(submission));
  post_->forward(std::move(submission.input));
  return success();
}

void Node::start(engine::EffectRequest request) {
  const auto& loses = world_.options().decorations.loses;
  if (loses && loses(request)) return;
  world_.provider().call(*this, std::move(request));
}

}  // namespace hub::simulation
