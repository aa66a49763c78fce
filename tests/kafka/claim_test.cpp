// How a node claims where a group says whose a partition is.
#include <gtest/gtest.h>

#include "tests/kafka/mock_node.hpp"

namespace hub::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kAtOnce{5};

struct MemberTest : ::testing::Test {
  testing::MockBrokers brokers_{"ns"};
  testing::MockNode node_{brokers_.brokers()};
};

TEST_F(MemberTest, AClaimThatTheGroupRefusesIsGivenUpAtOnceSoThatTheNodeCanLearnWhy) {
  brokers_.fail(testing::requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1'000);
  const auto begun = Clock::now();
  const auto claimed = node_.log().claim(0, "one");
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, "log.unavailable");
  EXPECT_LT(Clock::now() - begun, kAtOnce);
}

TEST_F(MemberTest, ANodeThatWasOutOfTheGroupIsToldThatOthersMayHaveHadItsPartitions) {
  brokers_.fail(testing::requests::kHeartbeat, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
  ASSERT_TRUE(node_.is_told(2));
  EXPECT_FALSE(node_.goes_on());
}

TEST_F(MemberTest, ANodeThatTookPartAllTheTimeIsToldSo) {
  brokers_.fail(testing::requests::kHeartbeat, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
  ASSERT_TRUE(node_.is_told(2));
  EXPECT_TRUE(node_.goes_on());
}

TEST_F(MemberTest, AClaimThatTheGroupTakesOwnsThePartition) {
  const auto claimed = node_.log().claim(0, "one");
  ASSERT_TRUE(claimed) << claimed.error().detail;
  EXPECT_EQ(claimed.value().epoch, 1U);
}

}  // namespace
}  // namespace hub::kafka
