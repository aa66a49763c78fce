#pragma once
// A runner on a log that several nodes share, and what the log brings it and takes from it, held by the test.
#include <gtest/gtest.h>

#include "actors/engine/command_post.hpp"
#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/inputs.hpp"
#include "tests/engine/bench.hpp"
#include "tests/simulation/forwarding_log.hpp"

namespace hub::test {

struct HeldInputs final : log::Inputs {
  struct Begun {
    PartitionId partition = 0;
    std::uint64_t session = 0;
    std::uint64_t offset = 0;
  };
  struct Published {
    log::Command command;
    Delivered delivered;
  };
  Result<void> start(Handler) override { return success(); }
  void stop() override {}
  std::uint64_t begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) override {
    begun.push_back({partition, session, offset});
    return std::max(offset, kept_from);
  }
  void publish(PartitionId, const log::Command& command, Delivered delivered) override {
    published.push_back({command, std::move(delivered)});
  }
  /// Where the partition is read from now.
  Begun last_of(PartitionId partition) const {
    for (auto at = begun.rbegin(); at != begun.rend(); ++at)
      if (at->partition == partition) return *at;
    return {};
  }
  std::vector<Begun> begun;
  std::uint64_t kept_from = 0;  ///< what lay before it is lost, and was left behind
  std::vector<Published> published;
};

class SharedLog final : public simulation::ForwardingLog {
 public:
  SharedLog(std::unique_ptr<log::Log> inner, log::Inputs& inputs) : ForwardingLog(std::move(inner)), inputs_(inputs) {}
  bool is_shared() const override { return true; }
  log::Inputs* inputs() override { return &inputs_; }
  log::Append append(const std::vector<log::BatchPtr>& batches) override {
    return in_doubt ? log::Append::unknown : inner().append(batches);
  }
  Result<log::Head> claim(PartitionId partition, std::string_view node) override {
    if (partition == unclaimable) return unavailable("log.unavailable", "not now");
    return inner().claim(partition, node);
  }

  bool in_doubt = false;  ///< what is appended is not written, and nobody knows
  std::optional<PartitionId> unclaimable;

 private:
  log::Inputs& inputs_;
};

class SharedLogTest : public ::testing::Test {
 protected:
  SharedLogTest() {
    kinds_.add(engine::host<Counter>());
    log_ = std::make_unique<SharedLog>(
        log::open_embedded_log({folder_.path() / "log", 4, false, true, 4 << 20, nullptr}).value(), inputs_);
    log_->watch([this](const std::vector<log::BatchPtr>& batches) {
      told_.insert(told_.end(), batches.begin(), batches.end());
    });
    make_runner();
  }
  ~SharedLogTest() override { runner_.reset(); }

  void make_runner() {
    engine::RunnerOptions options;
    options.clock = [this] { return now_; };
    options.host = "here";
    if (signs_)
      options.checkpoint = [this](PartitionId partition, const log::Head& head, Instant now) {
        return log::make_checkpoint(signer_, partition, head, {head}, now);
      };
    store_ = engine::make_memory_state_store();
    runner_ = std::make_unique<engine::Runner>(options, *log_, *store_, kinds_, system_, effects_);
    runner_->share({0, 1, 2, 3});
  }
  void run() {
    while (runner_->step()) {
    }
  }
  void own(std::set<PartitionId> partitions, bool goes_on = true) {
    runner_->assign(std::move(partitions), goes_on);
    run();
  }
  engine::Input add(std::int64_t amount, const std::string& command_id) const {
    const Counter::Command command = Add{amount};
    engine::Input input;
    input.entity = kCounter;
    input.type = type_of_command(command);
    input.data = encode_command(command);
    input.command_id = command_id;
    input.body_hash = std::string(hub::as_bytes(sha256(input.data)));
    input.organisation = input.project = "default";
    return input;
  }
  void arrive(engine::Input input, std::uint64_t offset) {
    runner_->arrive(kPartition, inputs_.last_of(kPartition).session, {std::move(input), {}, {}, offset});
  }
  static std::string entity_in(PartitionId partition) {
    for (int number = 0;; ++number)
      if (auto id = Bench::id(number); partition_of(id, 4) == partition) return id;
  }
  /// Another node owns the counter's partition and appends to it.
  void another_adds(std::int64_t amount) {
    auto head = log_->claim(kPartition, "another").value();
    log::Batch batch;
    batch.partition = kPartition;
    log::Record record;
    record.type = Counter::event_type(Added{amount});
    record.data = Counter::encode_event(Added{amount});
    record.entity = kCounter;
    record.version = 1;
    record.time = now_;
    batch.records = {record};
    batch.end.epoch = head.epoch;
    log::seal(batch, head);
    ASSERT_EQ(log_->append({std::make_shared<const log::Batch>(std::move(batch))}), log::Append::committed);
  }
  /// status of each outcome of the batches told since the last look.
  std::vector<std::int32_t> outcomes() {
    std::vector<std::int32_t> statuses;
    for (const auto& batch : told_)
      for (const auto& outcome : batch->end.outcomes) statuses.push_back(outcome.status);
    told_.clear();
    return statuses;
  }
  std::int64_t total() {
    const auto row = store_->entity(kCounter);
    return row && row.value() ? Counter::decode_state(row.value()->state).value().total : 0;
  }

  const log::Signer signer_ = log::Signer::temporary();
  bool signs_ = false;
  const std::string kCounter = Bench::id(1);
  const PartitionId kPartition = partition_of(kCounter, 4);
  Instant now_{1'772'366'400'000'000};
  TempFolder folder_;
  HeldInputs inputs_;
  HeldEffects effects_;
  engine::Kinds kinds_;
  engine::UnscheduledConfig config_;
  caf::actor_system system_{config_};
  std::unique_ptr<SharedLog> log_;
  std::unique_ptr<engine::StateStore> store_;
  std::unique_ptr<engine::Runner> runner_;
  std::vector<log::BatchPtr> told_;
};

}  // namespace hub::test
