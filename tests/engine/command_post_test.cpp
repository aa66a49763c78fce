// How senders learn what became of commands that go by the log.
#include <gmock/gmock.h>

#include "actors/engine/batch_rows.hpp"
#include "tests/engine/shared_log.hpp"

namespace hub::test {
namespace {

using engine::CommandPost;
using engine::Reply;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CommandPostTest : public SharedLogTest {
 protected:
  CommandPostTest() { own({kPartition}); }
  CommandPost& post(std::chrono::milliseconds patience = std::chrono::minutes(1)) {
    post_.emplace(CommandPost::Options{2, patience, [this] { return now_; }}, *log_, inputs_, *store_);
    return *post_;
  }
  engine::Completion hear() {
    return [this](const Reply& reply) { replies_.push_back(reply); };
  }
  /// As the owner would: what was published is decided.
  void decide(std::size_t which) {
    const auto& command = inputs_.published.at(which).command;
    auto input = add(0, command.command_id);
    input.data = command.data;
    input.body_hash = command.body_hash;
    arrive(std::move(input), which);
    run();
  }

  std::optional<CommandPost> post_;
  std::vector<Reply> replies_;
};

TEST_F(CommandPostTest, WhoeverSentACommandIsToldByTheBatchThatDecidesIt) {
  ASSERT_TRUE(post().send(add(3, "c"), hear()));
  inputs_.published.front().delivered(log::Delivery::there);
  EXPECT_THAT(replies_, IsEmpty());
  decide(0);
  ASSERT_THAT(replies_, SizeIs(1));
  EXPECT_FALSE(replies_.front().refusal);
  EXPECT_EQ(replies_.front().version, 1U);
  EXPECT_EQ(replies_.front().batch->records.back().entity, kCounter);
  EXPECT_EQ(replies_.front().position, (Position{kPartition, log_->head(kPartition).seq}));
}

TEST_F(CommandPostTest, ARepeatThatWasDecidedIsAnsweredFromItsRowAndNotSent) {
  ASSERT_TRUE(post().send(add(3, "c"), hear()));
  decide(0);
  ASSERT_TRUE(post_->send(add(3, "c"), hear()));
  ASSERT_TRUE(post_->send(add(4, "c"), hear()));
  ASSERT_THAT(replies_, SizeIs(3));
  EXPECT_TRUE(replies_[1].repeated);
  EXPECT_EQ(replies_[1].position, replies_[0].position);
  EXPECT_EQ(replies_[2].refusal->code, engine::kOtherBody);
  EXPECT_THAT(inputs_.published, SizeIs(1));
}

TEST_F(CommandPostTest, ARepeatThatIsUnderWayTwiceIsDecidedOnceAndBothAreTold) {
  ASSERT_TRUE(post().send(add(3, "c"), hear()));
  ASSERT_TRUE(post_->send(add(4, "c"), hear()));
  decide(0);
  ASSERT_THAT(replies_, SizeIs(1));
  decide(1);
  ASSERT_THAT(replies_, SizeIs(2));
  EXPECT_EQ(replies_[1].refusal->code, engine::kOtherBody);
  EXPECT_EQ(total(), 3);
}

TEST_F(CommandPostTest, OneThatIsNotDecidedInTimeIsToldToBePendingWhenItIsThere) {
  ASSERT_TRUE(post(std::chrono::milliseconds(0)).send(add(1, "there"), hear()));
  inputs_.published[0].delivered(log::Delivery::there);
  ASSERT_TRUE(post_->send(add(1, "unknown"), hear()));
  inputs_.published[1].delivered(log::Delivery::unknown);
  post_->sweep();
  ASSERT_THAT(replies_, SizeIs(2));
  std::vector<bool> pending{replies_[0].pending, replies_[1].pending};
  EXPECT_THAT(pending, ::testing::UnorderedElementsAre(true, false));
  for (const auto& reply : replies_)
    EXPECT_EQ(reply.refusal ? reply.refusal->code : "", reply.pending ? "" : "command.outcome_unknown");
}

TEST_F(CommandPostTest, WhatCouldNotBeSentIsRefusedAndSoAreOthersWhileOneIsTried) {
  ASSERT_TRUE(post().send(add(1, "a"), hear()));
  inputs_.published[0].delivered(log::Delivery::not_there);
  ASSERT_THAT(replies_, SizeIs(1));
  EXPECT_EQ(replies_[0].refusal->code, "log.unavailable");
  ASSERT_TRUE(post_->send(add(1, "b"), hear())) << "one finds out whether the brokers are back";
  EXPECT_EQ(post_->send(add(1, "c"), hear()).error().code, "log.unavailable");
  inputs_.published[1].delivered(log::Delivery::there);
  EXPECT_TRUE(post_->send(add(1, "c"), hear()));
}

TEST_F(CommandPostTest, MoreThanMayWaitAreTurnedAway) {
  ASSERT_TRUE(post().send(add(1, "a"), hear()));
  ASSERT_TRUE(post_->send(add(1, "b"), hear()));
  EXPECT_EQ(post_->send(add(1, "c"), hear()).error().code, "queue.full");
  decide(0);
  EXPECT_TRUE(post_->send(add(1, "c"), hear()));
}

TEST_F(CommandPostTest, WhatAnEffectCameToIsSentUntilItHasArrived) {
  auto result = add(1, "");
  post().forward(result);
  inputs_.published[0].delivered(log::Delivery::not_there);
  post_->sweep();
  ASSERT_THAT(inputs_.published, SizeIs(2));
  EXPECT_EQ(inputs_.published[1].command.source, log::Command::Source::effect);
  inputs_.published[1].delivered(log::Delivery::there);
  post_->sweep();
  EXPECT_THAT(inputs_.published, SizeIs(2));
}

}  // namespace
}  // namespace hub::test
