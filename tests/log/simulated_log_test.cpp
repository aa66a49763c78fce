#include "events/log/simulated_log.hpp"

#include <set>

#include "tests/log/contract.hpp"
#include "tests/log/inputs_contract.hpp"

namespace hub::log::testing {
namespace {

class SimulatedUnderTest final : public LogUnderTest {
 public:
  Result<std::unique_ptr<Log>> open(std::uint32_t partitions) override {
    if (!log_) log_ = std::make_unique<SimulatedLog>(1, partitions);
    return log_->open();
  }

 private:
  std::unique_ptr<SimulatedLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Simulated, LogContract,
                         ::testing::Values(LogKind{"Simulated", [] { return std::make_unique<SimulatedUnderTest>(); },
                                                   false}),
                         name_of);

class SimulatedInputsUnderTest final : public InputsUnderTest {
 public:
  Result<std::unique_ptr<Log>> open(const std::string& node) override {
    names_.insert(node);
    return log_.open(node);
  }
  bool wait(const std::function<bool()>& is_so) override {
    for (int look = 0; look < kLooksMax && !is_so(); ++look) {
      log_.advance_to(log_.now() + milliseconds(100));
      for (const auto& name : names_)
        if (paused_.count(name) == 0) log_.group().hear(name);
    }
    return is_so();
  }
  void pause(const std::string& node) { paused_.insert(node); }
  void resume(const std::string& node) { paused_.erase(node); }

 private:
  static constexpr int kLooksMax = 1'000;
  SimulatedLog log_{1, kPartitions};
  std::set<std::string> names_, paused_;
};

INSTANTIATE_TEST_SUITE_P(Simulated, InputsContract,
                         ::testing::Values(InputsKind{"Simulated",
                                                      [] { return std::make_unique<SimulatedInputsUnderTest>(); }}),
                         name_of_inputs);

TEST(SimulatedLog, ANodeOfWhichNothingIsHeardForASessionCanNeitherClaimNorWriteAndComesBackAnew) {
  SimulatedInputsUnderTest storage;
  InputsNode paused(storage, "paused");
  ASSERT_TRUE(storage.wait([&] { return paused.own().size() == storage.kPartitions; }));
  const auto write = [](InputsNode& node, Head head) {
    auto batch = batch_of(0, head.epoch, {event("e", 1)});
    batch.end.consumed.push_back({std::string(kCommandsSource), 0});
    return node.log->append({sealed(std::move(batch), head)});
  };
  const auto head = paused.log->claim(0, "paused").value();
  storage.pause("paused");
  InputsNode owner(storage, "owner");
  ASSERT_TRUE(storage.wait([&] { return owner.own().size() == storage.kPartitions; }));
  EXPECT_EQ(write(paused, head), Append::fenced) << "nobody has claimed it yet, and it is not its own any more";
  EXPECT_EQ(paused.log->claim(1, "paused").error().code, "log.unavailable");
  EXPECT_EQ(write(owner, owner.log->claim(0, "owner").value()), Append::committed);
  storage.resume("paused");
  ASSERT_TRUE(storage.wait([&] { return paused.told().size() == 3; }));
  EXPECT_THAT(paused.told(), ::testing::ElementsAre("anew", "revoked", "anew"));
}

TEST(SimulatedLog, WhatIsPublishedIsLostRepeatedOrInDoubtAsOftenAsAsked) {
  SimulatedLog storage(1);
  const auto log = storage.open("one");
  ASSERT_TRUE(log->inputs()->start({[](const auto&, bool) {}, [] {}, [](auto...) {}, [](auto) {}, [](const auto&) {}}));
  const auto publish = [&](SimulatedInputFaults faults, int times) {
    storage.group().set_faults(faults);
    std::map<Delivery, int> told;
    for (int i = 0; i < times; ++i) log->inputs()->publish(0, {}, [&](Delivery delivery) { ++told[delivery]; });
    storage.advance_to(storage.now() + seconds(1));
    storage.group().hear("one");
    return told;
  };
  EXPECT_EQ(publish({}, 9), (std::map<Delivery, int>{{Delivery::there, 9}}));
  EXPECT_EQ(storage.group().commands(0).size(), 9U);
  EXPECT_EQ(publish({.publish_twice = 1}, 1)[Delivery::there], 1);
  EXPECT_EQ(storage.group().commands(0).size(), 11U);
  EXPECT_EQ(publish({.publish_unknown = 1}, 1)[Delivery::unknown], 1);
  EXPECT_EQ(storage.group().commands(0).size(), 12U);
  const auto lost = publish({.publish_lost = 1, .delay_max = milliseconds(500)}, 20);
  EXPECT_EQ(lost.at(Delivery::unknown) + lost.at(Delivery::not_there), 20);
  EXPECT_EQ(storage.group().commands(0).size(), 12U);
}

TEST(SimulatedLog, AZombieOwnerOfAnotherNodeIsFenced) {
  SimulatedLog storage(1);
  const auto first = storage.open(), second = storage.open();
  auto zombie = first->claim(0, "first").value();
  auto owner = second->claim(0, "second").value();
  EXPECT_EQ(first->append({sealed_events(0, zombie, {event("e", 1)})}), Append::fenced);
  EXPECT_EQ(second->append({sealed_events(0, owner, {event("e", 1)})}), Append::committed);
  EXPECT_EQ(first->head(0), owner);
}

TEST(SimulatedLog, AnUnknownAppendIsThereOrNotAsAsked) {
  for (const bool written : {false, true}) {
    SimulatedLog storage(1);
    const auto log = storage.open();
    auto head = log->claim(0, "node").value();
    storage.fail_append(1, written);
    EXPECT_EQ(log->append({sealed_events(0, head, {event("e", 1)})}), Append::committed);
    const auto before = head;
    EXPECT_EQ(log->append({sealed_events(0, head, {event("e", 2)})}), Append::unknown);
    EXPECT_EQ(log->head(0), written ? head : before);
    head = log->claim(0, "node").value();
    EXPECT_EQ(log->history("e", 1, 9).value().size(), written ? 2U : 1U);
    EXPECT_EQ(log->append({sealed_events(0, head, {event("f", 1)})}), Append::committed);
  }
}

TEST(SimulatedLog, AnUnknownAppendLandsAtLatestBeforeTheNextClaim) {
  int at_once = 0, late = 0, never = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SimulatedLog storage(seed);
    const auto log = storage.open();
    auto head = log->claim(0, "node").value();
    storage.set_faults({.unknown = 1});
    ASSERT_EQ(log->append({sealed_events(0, head, {event("e", 1)})}), Append::unknown);
    const auto before_claim = log->head(0).seq;
    ASSERT_TRUE(log->claim(0, "node"));
    const auto events = log->history("e", 1, 9).value().size();
    storage.advance_to(storage.now() + seconds(60));
    ASSERT_TRUE(log->claim(0, "node"));
    EXPECT_EQ(log->history("e", 1, 9).value().size(), events);
    before_claim == 2 ? ++at_once : events == 1 ? ++late : ++never;
  }
  EXPECT_GT(at_once, 20);
  EXPECT_GT(late, 10);
  EXPECT_GT(never, 20);
}

TEST(SimulatedLog, TheSameSeedGivesTheSameLog) {
  const auto run = [](std::uint64_t seed) {
    SimulatedLog storage(seed);
    storage.set_faults({.unknown = 0.3, .claim_refused = 0.2, .delay_max = milliseconds(50)});
    const auto log = storage.open();
    Head head;
    for (Version version = 1; version <= 200; ++version) {
      storage.advance_to(storage.now() + milliseconds(1));
      auto next = head;
      if (head.epoch != 0 && log->append({sealed_events(0, next, {event("e", version)})}) == Append::committed)
        head = next;
      else if (const auto claimed = log->claim(0, "node"))
        head = claimed.value();
    }
    return std::pair(log->incarnation(), log->head(0));
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(SimulatedLog, OtherNodesHearLaterButEverythingOnceAndInOrder) {
  SimulatedLog storage(3);
  storage.set_faults({.unknown = 0.2, .delay_max = milliseconds(100)});
  const auto writer = storage.open(), reader = storage.open();
  std::vector<Digest> seen;
  reader->watch([&](const std::vector<BatchPtr>& batches) {
    for (const auto& batch : batches) seen.push_back(batch->end.hash);
  });
  auto head = writer->claim(0, "node").value();
  bool late = false;
  for (int i = 1; i <= 300; ++i) {
    if (writer->append({sealed_events(0, head, {event("e" + std::to_string(i), 1)})}) != Append::committed)
      head = writer->claim(0, "node").value();
    late = late || seen.size() < read_all(*writer, 0).value().size();
    EXPECT_EQ(reader->head(0).hash, seen.empty() ? Digest{} : seen.back()) << "what it reads is what it was told of";
    EXPECT_LE(read_all(*reader, 0).value().size(), seen.size());
    storage.advance_to(storage.now() + milliseconds(10));
  }
  EXPECT_TRUE(late);
  while (storage.next_delivery().is_set()) storage.advance_to(storage.next_delivery());
  std::vector<Digest> all;
  const auto read = read_all(*reader, 0).value();
  for (const auto& batch : read) all.push_back(batch->end.hash);
  EXPECT_EQ(seen, all);
}

TEST(SimulatedLog, EveryTornBatchIsFoundAndNamed) {
  for (const auto how : {Tear::record_lost, Tear::front_lost, Tear::end_changed, Tear::batch_lost}) {
    SimulatedLog storage(1);
    const auto log = storage.open();
    auto head = log->claim(2, "node").value();
    for (Version version = 1; version <= 9; version += 3)
      ASSERT_EQ(log->append(
                    {sealed_events(2, head, {event("e", version), event("e", version + 1), event("e", version + 2)})}),
                Append::committed);
    ASSERT_TRUE(read_all(*log, 2));
    storage.tear({2, 6}, how);
    const auto read = read_all(*log, 2);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "log.corrupt");
    EXPECT_THAT(read.error().detail, ::testing::StartsWith("2:5: "));
    EXPECT_FALSE(log->history("e", 1, 9));
  }
}

TEST(SimulatedLog, ALateWatcherTakesNothingFromAnEarlierOne) {
  SimulatedLog storage(1);
  storage.set_faults({.delay_max = seconds(1)});
  const auto writer = storage.open(), reader = storage.open();
  int early = 0, late = 0;
  reader->watch([&](const std::vector<BatchPtr>&) { ++early; });
  for (PartitionId partition = 0; partition < 9; ++partition) ASSERT_TRUE(writer->claim(partition, "node"));
  const int before = early;
  reader->watch([&](const std::vector<BatchPtr>&) { ++late; });
  ASSERT_TRUE(writer->claim(9, "node"));
  storage.advance_to(storage.now() + seconds(2));
  EXPECT_LT(before, 9);
  EXPECT_EQ(early, 10);
  EXPECT_EQ(late, 1);
}

TEST(SimulatedLog, WhatWasCommittedSurvivesTheNode) {
  SimulatedLog storage(1);
  auto log = storage.open();
  auto head = log->claim(0, "node").value();
  ASSERT_EQ(log->append({sealed_events(0, head, {event("e", 1)})}), Append::committed);
  log.reset();
  EXPECT_EQ(storage.open()->head(0), head);
}

}  // namespace
}  // namespace hub::log::testing
