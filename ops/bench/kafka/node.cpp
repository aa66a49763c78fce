#include "ops/bench/kafka/node.hpp"

#include <thread>

#include "actors/engine/entity_actor.hpp"
#include "events/kafka/kafka_log.hpp"
#include "ops/bench/kafka/tally.hpp"
#include "ops/bench/report.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kCacheBytes = 16 << 20;
constexpr std::size_t kWriteBytes = 16 << 20;
constexpr Duration kSession = seconds(6);
constexpr std::chrono::milliseconds kLookEvery{5};
constexpr std::chrono::seconds kPatience{300};

std::unique_ptr<log::Log> open_log(const Namespace& there, const std::filesystem::path& folder, const std::string& name,
                                   std::shared_ptr<kafka::KafkaFigures> figures) {
  kafka::KafkaLogOptions options;
  options.brokers = there.brokers;
  options.topic = there.topics.events;
  options.transactional_id = "ch-" + there.name + "-" + name;
  options.folder = folder / "log";
  options.partitions = there.record.partitions;
  options.incarnation = there.record.incarnation;
  options.member.emplace();
  options.member->topic = there.topics.commands;
  options.member->group = there.name + "-engine";
  options.member->instance = name;
  options.member->session = kSession;
  options.figures = std::move(figures);
  auto log = kafka::open_kafka_log(std::move(options));
  require(log.has_value(), log ? "" : log.error().detail);
  return std::move(log).value();
}

}  // namespace

Node::Node(const Namespace& there, const std::filesystem::path& folder, const std::string& name)
    : folder_(folder), figures_(std::make_shared<kafka::KafkaFigures>(there.record.partitions)) {
  log_ = open_log(there, folder_.path(), name, figures_);
  state_ = engine::open_state_store(folder_.path() / "state").value();
  projections::RunnerOptions runner;
  runner.folder = folder_.path() / "projections";
  runner.resources = projections::make_resources(kCacheBytes, kWriteBytes);
  projections_ = projections::Runner::open(*log_, std::move(runner), {make_tally_projection()}).value();
  engine::EngineOptions options;
  options.runner.node = name;
  options.runner.host = name;
  engine::Kinds kinds;
  kinds.add(engine::host<Tally>());
  engine_ = std::make_unique<engine::Engine>(options, *log_, *state_, std::move(kinds));
  projections_->start();
}

Node::~Node() {
  engine_->stop();
  projections_->stop();
}

void Node::start() {
  const auto started = engine_->start();
  require(started.has_value(), started ? "" : started.error().detail);
}

std::size_t Node::events() const {
  std::size_t events = 0;
  for (const auto* metrics : engine_->metrics()) events += metrics->events;
  return events;
}

void Node::wait_for(std::size_t events) {
  const auto start = Clock::now();
  while (this->events() < events) {
    require(Clock::now() - start < kPatience, "the engine does not come to the end of its commands");
    std::this_thread::sleep_for(kLookEvery);
  }
  Cursor head{log_->incarnation(), {}};
  for (PartitionId partition = 0; partition < log_->partitions(); ++partition)
    head.seqs.push_back(log_->head(partition).seq);
  const auto reached = projections_->feed("tallies").progress().wait_for(head, kPatience);
  require(reached && reached.value(), "the projection does not come to the end of the log");
}

}  // namespace hub::bench
