// Messages between partitions of different owners.
#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "actors/engine/engine.hpp"
#include "actors/engine/message_feed.hpp"
#include "actors/engine/unscheduled.hpp"
#include "events/log/simulated_log.hpp"
#include "tests/engine/bench.hpp"

namespace hub::test {
namespace {

/// Several runners with a store each on one simulated log, driven in turn.
class Crew {
 public:
  static constexpr std::uint32_t kPartitions = 4;

  explicit Crew(std::size_t runners) : storage_(7, kPartitions) {
    kinds_.add(engine::host<Counter>());
    for (std::size_t i = 0; i < runners; ++i) open();
  }
  ~Crew() {
    for (auto& seat : seats_) seat.runner.reset();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void open() {
    auto& seat = seats_.emplace_back();
    seat.log = storage_.open();
    seat.store = engine::make_memory_state_store();
    engine::RunnerOptions options;
    options.node = "node-" + std::to_string(seats_.size());
    options.clock = [this] { return storage_.now(); };
    seat.runner = std::make_unique<engine::Runner>(options, *seat.log, *seat.store, kinds_, system_, effects_);
  }
  void give(PartitionId partition, std::size_t to) {
    for (auto& seat : seats_) seat.runner->disown(partition);
    ASSERT_TRUE(seats_[to].runner->own(partition));
  }
  void run() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& seat : seats_) busy = seat.runner->step() || busy;
    }
  }
  void send(const std::string& entity, const Counter::Command& command) {
    engine::Input input;
    input.entity = entity;
    input.type = type_of_command(command);
    input.data = encode_command(command);
    input.command_id = "command-" + std::to_string(++commands_);
    for (auto& seat : seats_)
      if (seat.runner->owns(partition_of(entity, kPartitions))) {
        ASSERT_TRUE(seat.runner->submit({input, {}, std::nullopt}));
      }
  }
  Version events_of(const std::string& entity) { return seats_[0].log->history(entity, 1, 10'000).value().size(); }
  engine::Runner& runner(std::size_t number) { return *seats_[number].runner; }
  log::SimulatedLog& storage() { return storage_; }
  log::Log& log() { return *seats_[0].log; }

  static std::string id_in(PartitionId partition, int number) {
    return Bench::id_on(partition * kShards / kPartitions, number);
  }

 private:
  struct Seat {
    std::unique_ptr<log::Log> log;
    std::unique_ptr<engine::StateStore> store;
    std::unique_ptr<engine::Runner> runner;
  };
  log::SimulatedLog storage_;
  engine::Kinds kinds_;
  engine::UnscheduledConfig config_;
  caf::actor_system system_{config_};
  HeldEffects effects_;
  std::vector<Seat> seats_;
  int commands_ = 0;
};

TEST(Messages, ReachAnEntityOfAnotherRunner) {
  Crew crew(2);
  for (PartitionId partition = 0; partition < Crew::kPartitions; ++partition) crew.give(partition, partition % 2);
  crew.send(Crew::id_in(0, 1), Pass{Crew::id_in(1, 2), 4});
  crew.send(Crew::id_in(1, 3), Pass{Crew::id_in(2, 4), 4});
  crew.run();
  EXPECT_EQ(crew.events_of(Crew::id_in(1, 2)), 1U);
  EXPECT_EQ(crew.events_of(Crew::id_in(2, 4)), 1U);
}

TEST(Messages, WaitInTheLogForAnOwnerOfTheirTarget) {
  Crew crew(2);
  crew.give(0, 0);
  for (int i = 0; i < 50; ++i) crew.send(Crew::id_in(0, 1), Pass{Crew::id_in(3, i % 5), 1});
  crew.run();
  EXPECT_EQ(crew.events_of(Crew::id_in(3, 0)), 0U);
  crew.give(3, 1);
  crew.run();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(crew.events_of(Crew::id_in(3, i)), 10U);
}

TEST(Messages, AreDeliveredOnceWhenTheTargetMoves) {
  Crew crew(2);
  crew.give(0, 0);
  for (int round = 0; round < 20; ++round) {
    crew.give(1, static_cast<std::size_t>(round % 2));
    for (int i = 0; i < 3; ++i) crew.send(Crew::id_in(0, 1), Pass{Crew::id_in(1, 2), 1});
    // Sometimes the target moves before the message was taken, sometimes when it waits, sometimes behind it.
    for (int steps = 0; steps < round % 4; ++steps) {
      crew.runner(0).step();
      crew.runner(1).step();
    }
  }
  crew.run();
  EXPECT_EQ(crew.events_of(Crew::id_in(1, 2)), 60U);
}

TEST(Messages, MoreThanFitInMemoryAreReadFromTheLog) {
  Crew crew(2);
  constexpr int kMessages = 3 * static_cast<int>(engine::MessageFeed::kWaitingMax);
  crew.give(0, 0);
  for (int i = 0; i < kMessages;) {
    for (int in_batch = 0; in_batch < 1'000 && i < kMessages; ++in_batch, ++i)
      crew.send(Crew::id_in(0, 1), Pass{Crew::id_in(1, i % 3), 1});
    crew.run();
  }
  crew.give(1, 1);
  crew.run();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(crew.events_of(Crew::id_in(1, i)), static_cast<Version>(kMessages / 3));
}

TEST(Messages, ATargetThatWritesNothingStillSaysHowFarItLooked) {
  Crew crew(2);
  crew.give(0, 0);
  crew.give(1, 1);
  for (Seq sent = 0; sent < engine::MessageFeed::kMarkAlone + 10;) {
    for (int in_batch = 0; in_batch < 1'000; ++in_batch, ++sent) crew.send(Crew::id_in(0, 1), Add{1});
    crew.run();
  }
  const auto before = crew.log().head(1);
  crew.give(1, 1);  // a claim brings what has no records to the readers
  const auto batches = crew.log().read(1, 2, 1 << 20).value();
  ASSERT_FALSE(batches.empty());
  EXPECT_EQ(batches.front()->records.size(), 0U);
  ASSERT_EQ(batches.front()->end.consumed.size(), 1U);
  EXPECT_GE(batches.front()->end.consumed[0].position, engine::MessageFeed::kMarkAlone);
  EXPECT_EQ(batches.front()->end.hash, before.hash);
}

TEST(Messages, ReachAnEntityOfARunnerOnAnotherThread) {
  constexpr int kMessages = 200;
  constexpr auto kDeadline = std::chrono::seconds(60);
  const TempFolder folder;
  auto log = log::open_embedded_log({folder.path() / "log", 4, false, true, 4 << 20, nullptr}).value();
  const auto store = engine::make_memory_state_store();
  engine::Kinds kinds;
  kinds.add(engine::host<Counter>());
  engine::EngineOptions options;
  options.runners = 2;
  engine::Engine engine(std::move(options), *log, *store, std::move(kinds));
  engine.handle_effects(std::string(Counter::prefix), [](const engine::EffectRequest&) {});

  const auto from = Crew::id_in(0, 1), to = Crew::id_in(1, 2);
  std::mutex mutex;
  std::condition_variable arrived;
  int events = 0;
  const auto watcher = log->watch([&](const std::vector<log::BatchPtr>& batches) {
    const std::lock_guard lock(mutex);
    for (const auto& batch : batches)
      for (const auto& record : batch->records)
        if (record.kind == log::RecordKind::event && record.entity == to) ++events;
    arrived.notify_all();
  });
  ASSERT_TRUE(engine.start());
  for (int i = 0; i < kMessages; ++i) {
    engine::Input input;
    input.entity = from;
    input.type = Pass::type;
    input.data = encode_command(Pass{to, 1});
    input.command_id = "command-" + std::to_string(i);
    ASSERT_TRUE(engine.submit(input));
  }
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(arrived.wait_for(lock, kDeadline, [&] { return events == kMessages; })) << events;
  }
  engine.stop();
  log->unwatch(watcher);
  EXPECT_EQ(log->history(to, 1, 1'000).value().size(), static_cast<std::size_t>(kMessages));
}

}  // namespace
}  // namespace hub::test
