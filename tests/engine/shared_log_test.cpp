// What a runner does on a log that several nodes share.
#include "tests/engine/shared_log.hpp"

#include <gmock/gmock.h>

#include <future>
#include <map>

#include "actors/engine/batch_rows.hpp"
#include "events/core/digest.hpp"
#include "events/core/logging.hpp"

namespace hub::test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_F(SharedLogTest, CommandsThatAreLostAndWereLeftBehindAreRecordedThoughNothingIsDecided) {
  signs_ = true;
  make_runner();
  inputs_.kept_from = 7;
  own({kPartition});
  const std::vector<log::Consumed> left_behind{{std::string(log::kCommandsSource), 7}};
  ASSERT_FALSE(told_.empty());
  std::vector<log::Consumed> consumed;
  for (const auto& part : told_.back()->end.consumed)
    if (part.source == log::kCommandsSource) consumed.push_back(part);
  EXPECT_EQ(consumed, left_behind);
  EXPECT_EQ(store_->commands_consumed(kPartition), 7U);
  // Once is enough.
  const auto batches = told_.size();
  run();
  EXPECT_EQ(told_.size(), batches);
}

TEST_F(SharedLogTest, EveryCommandThatCameByTheLogHasOneOutcomeThere) {
  own({kPartition});
  outcomes();
  arrive(add(1, "first"), 0);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(0));
  arrive(add(1, "first"), 1);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(log::kDecidedEarlier));
  arrive(add(2, "first"), 2);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(409));
  auto late = add(1, "late");
  late.deadline = now_ - seconds(1);
  arrive(late, 3);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(504));
  EXPECT_EQ(total(), 1);
  EXPECT_EQ(store_->commands_consumed(kPartition), 4U);
  EXPECT_TRUE(store_->command("first", now_)->outcome.accepted()) << "a repeat leaves the first one's row alone";
  EXPECT_EQ(store_->command("late", now_)->outcome.status, 504);
}

TEST_F(SharedLogTest, WhatExpiredMayBeTriedAgainUnderItsKey) {
  own({kPartition});
  auto late = add(1, "late");
  late.deadline = now_ - seconds(1);
  arrive(late, 0);
  run();
  arrive(add(1, "late"), 1);
  run();
  EXPECT_EQ(total(), 1);
}

TEST_F(SharedLogTest, WhatBecameOfTheLastCommandIsReadByOthersSoonAlsoWhenNoRecordFollows) {
  signs_ = true;
  make_runner();
  own({kPartition});
  arrive(add(1, "accepted"), 0);
  run();
  const auto before = log_->head(kPartition).seq;
  arrive(add(-9, "refused"), 1);
  run();
  ASSERT_TRUE(log_->read(kPartition, before + 1, 1 << 20).value().empty()) << "there is no record to read it with";
  now_ = now_ + log::kCheckpointEvery;
  run();
  const auto batches = log_->read(kPartition, before + 1, 1 << 20).value();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches.front()->end.outcomes.at(0).command_id, "refused");
  now_ = now_ + log::kCheckpointEvery;
  run();
  EXPECT_EQ(log_->head(kPartition).seq, batches.back()->end.last) << "once is enough";
}

TEST_F(SharedLogTest, ANewOwnerGoesOnBehindTheLastCommandThatWasDecided) {
  own({kPartition});
  for (std::uint64_t offset = 0; offset < 5; ++offset) arrive(add(1, "c" + std::to_string(offset)), offset);
  run();
  make_runner();
  own({kPartition});
  EXPECT_EQ(inputs_.last_of(kPartition).offset, 5U);
  EXPECT_EQ(total(), 5);
}

TEST_F(SharedLogTest, BetweenTwoAssignmentsNothingIsDecidedAndWhatStaysIsGoneOnWithUnclaimed) {
  own({kPartition});
  arrive(add(1, "before"), 0);
  runner_->suspend();
  run();
  EXPECT_EQ(total(), 0);
  const auto epoch = log_->head(kPartition).epoch;
  own({kPartition});
  EXPECT_EQ(total(), 1);
  EXPECT_EQ(log_->head(kPartition).epoch, epoch) << "nobody else can have claimed it";
  EXPECT_EQ(inputs_.last_of(kPartition).offset, 1U);
}

TEST_F(SharedLogTest, ANodeThatWasOutClaimsAnewWhatItOwnedForOthersMayHaveHadIt) {
  own({kPartition});
  const auto epoch = log_->head(kPartition).epoch;
  runner_->suspend();
  own({kPartition}, false);
  EXPECT_EQ(log_->head(kPartition).epoch, epoch + 1);
}

TEST_F(SharedLogTest, WhatWasTakenAwayAndGivenBackBeforeItWasLetGoOfIsClaimedAnew) {
  own({kPartition});
  const auto epoch = log_->head(kPartition).epoch;
  runner_->suspend();
  runner_->assign({}, true);
  runner_->suspend();
  own({kPartition});
  EXPECT_EQ(log_->head(kPartition).epoch, epoch + 1);
}

TEST_F(SharedLogTest, NodesThatSwapPartitionsWhileBatchesAreInDoubtDoNotWaitForEachOther) {
  own({kPartition});
  const auto other = (kPartition + 1) % 4;
  log_->in_doubt = true;
  log_->unclaimable = kPartition;
  arrive(add(1, "in doubt"), 0);
  run();
  runner_->suspend();
  own({other});
  EXPECT_TRUE(runner_->owns(other)) << "its owner before may wait for this claim to find out what became of a batch";
  // So does this node find out, once the new owner has claimed.
  log_->in_doubt = false;
  log_->unclaimable.reset();
  ASSERT_TRUE(log_->claim(kPartition, "two"));
  run();
  EXPECT_FALSE(runner_->owns(kPartition));
  own({kPartition, other});
  arrive(add(1, "in doubt"), 0);
  run();
  EXPECT_EQ(total(), 1);
}

TEST_F(SharedLogTest, APartitionThatCannotBeClaimedKeepsNoOtherBack) {
  log_->unclaimable = 1;
  own({0, 1, 2, 3});
  for (const PartitionId partition : {0, 2, 3}) EXPECT_TRUE(runner_->owns(partition)) << partition;
  log_->unclaimable.reset();
  run();
  EXPECT_FALSE(runner_->owns(1)) << "it was tried a moment ago";
  now_ = now_ + seconds(1);
  run();
  EXPECT_TRUE(runner_->owns(1));
}

TEST_F(SharedLogTest, WhoBringsCommandsIsNotHeldUpForLongAndBringsAgainWhatFoundNoRoom) {
  own({kPartition});
  constexpr std::uint64_t kRoom = 16'384;
  const auto first = inputs_.last_of(kPartition);
  for (std::uint64_t i = 0; i <= kRoom; ++i) arrive(add(1, "command " + std::to_string(i)), i);
  // Behind one that was left out nothing is taken, also when there is room, or that one would be lost.
  ASSERT_TRUE(runner_->step());
  arrive(add(1, "too early"), kRoom + 1);
  run();
  EXPECT_EQ(total(), static_cast<std::int64_t>(kRoom));
  const auto again = inputs_.last_of(kPartition);
  EXPECT_EQ(again.offset, kRoom);
  EXPECT_GT(again.session, first.session);
  arrive(add(1, "command " + std::to_string(kRoom)), kRoom);
  run();
  EXPECT_EQ(total(), static_cast<std::int64_t>(kRoom + 1));
}

TEST_F(SharedLogTest, WhileABatchIsInDoubtNobodyWaitsForRoomForLongAndWhatFoundNoneComesAgain) {
  const auto other = (kPartition + 1) % 4;
  own({kPartition, other});
  log_->in_doubt = true;
  log_->unclaimable = kPartition;
  arrive(add(1, "in doubt"), 0);
  run();
  const auto busy = entity_in(other);
  const auto arrive_from = [&](std::uint64_t first, std::uint64_t end) {
    for (auto offset = first; offset < end; ++offset) {
      auto input = add(1, "c" + std::to_string(offset));
      input.entity = busy;
      runner_->arrive(other, inputs_.last_of(other).session, {std::move(input), {}, {}, offset});
    }
  };
  constexpr std::uint64_t kMoreThanThereIsRoom = 17'000;
  auto arriving = std::async(std::launch::async, [&] { arrive_from(0, kMoreThanThereIsRoom); });
  const bool waits = arriving.wait_for(std::chrono::seconds(30)) != std::future_status::ready;
  if (waits) runner_->stop();
  ASSERT_FALSE(waits) << "an assignment behind it would never be heard of";
  log_->in_doubt = false;
  log_->unclaimable.reset();
  run();
  EXPECT_EQ(total(), 0) << "it was not written, and comes again from the log";
  const auto next = inputs_.last_of(other).offset;
  ASSERT_LT(next, kMoreThanThereIsRoom);
  arrive_from(next, kMoreThanThereIsRoom);
  run();
  EXPECT_EQ(store_->commands_consumed(other), kMoreThanThereIsRoom);
  EXPECT_EQ(store_->entity(busy).value()->version, kMoreThanThereIsRoom);
}

TEST_F(SharedLogTest, WhatGoesToAnotherNodeIsLetGoOfWithAllThatWaitsForIt) {
  own({kPartition});
  const auto session = inputs_.last_of(kPartition).session;
  arrive(add(1, "waits"), 0);
  runner_->suspend();
  own({(kPartition + 1) % 4});
  EXPECT_FALSE(runner_->owns(kPartition));
  runner_->arrive(kPartition, session, {add(1, "comes late"), {}, {}, 1});
  run();
  EXPECT_EQ(runner_->queued(), 0U);
  EXPECT_EQ(total(), 0);
}

TEST_F(SharedLogTest, WhatOthersOwnIsFoldedSoThatItCanBeTakenOver) {
  own({});
  another_adds(7);
  run();
  EXPECT_EQ(total(), 7);
  EXPECT_FALSE(runner_->owns(kPartition));
}

TEST_F(SharedLogTest, WhatOthersOwnIsFoldedHoweverMuchThereIsToDecide) {
  const auto other = (kPartition + 1) % 4;
  own({other});
  another_adds(7);
  const auto busy = entity_in(other);
  constexpr std::uint64_t kSteps = 20;
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    auto input = add(1, "c" + std::to_string(step));
    input.entity = busy;
    runner_->arrive(other, inputs_.last_of(other).session, {std::move(input), {}, {}, step});
    ASSERT_TRUE(runner_->step());
  }
  EXPECT_EQ(total(), 7) << "its host would wait, and a takeover take longer, for as long as there is much to do";
}

/// Warnings of the server's log, by their words.
class Warnings final : public logging::Sink {
 public:
  Warnings() { logging::set_sink(this); }
  ~Warnings() override { logging::set_sink(nullptr); }
  bool wants(logging::Level level) const override { return level >= logging::Level::warning; }
  void write(logging::Level, std::string_view message, logging::Fields) override { ++counts[std::string(message)]; }
  void flush() override {}

  std::map<std::string, int> counts;
};

TEST_F(SharedLogTest, APartitionThatCannotBeClaimedForLongIsToldOnceAMinute) {
  const Warnings warnings;
  log_->unclaimable = 1;
  own({0, 1});
  for (int half_seconds = 1; half_seconds <= 250; ++half_seconds) {
    now_ = now_ + milliseconds(501);
    run();
  }
  EXPECT_EQ(warnings.counts.at("a partition cannot be claimed now"), 3) << "at first, and after one and two minutes";
  log_->unclaimable.reset();
  now_ = now_ + seconds(1);
  run();
  EXPECT_TRUE(runner_->owns(1));
  // It is news when it happens again.
  log_->unclaimable = 1;
  own({0});
  own({0, 1});
  EXPECT_EQ(warnings.counts.at("a partition cannot be claimed now"), 4);
}

}  // namespace
}  // namespace hub::test
