// How a node claims where a group says whose a partition is.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "events/kafka/kafka_log.hpp"
#include "events/kafka/topics.hpp"
#include "events/log/inputs.hpp"
#include "tests/kafka/mock_brokers.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{60};
constexpr std::chrono::seconds kAtOnce{5};
constexpr std::int16_t kHeartbeat = 12, kTxnOffsetCommit = 28;

/// A node of a group, which has been given its partitions.
class MemberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    KafkaLogOptions options;
    options.brokers = brokers_.brokers();
    options.topic = Topics("ns").events;
    options.transactional_id = "ch-ns-one";
    options.folder = folder_.path() / "log";
    options.partitions = 4;
    options.incarnation = 1;
    options.member = MemberOptions{{}, Topics("ns").commands, "ns", "one", seconds(3)};
    auto opened = open_kafka_log(std::move(options));
    ASSERT_TRUE(opened) << opened.error().detail;
    log_ = std::move(opened).value();
    log::Inputs::Handler handler;
    handler.assigned = [this](const std::vector<PartitionId>&, bool goes_on) {
      const std::lock_guard lock(mutex_);
      told_.push_back(goes_on);
      told_more_.notify_all();
    };
    handler.revoked = [] {};
    handler.arrived = [](PartitionId, std::uint64_t, std::uint64_t, std::optional<log::Command>) {};
    handler.truncated = [](PartitionId) {};
    handler.expelled = [](const Failure&) {};
    ASSERT_TRUE(log_->inputs()->start(std::move(handler)));
    ASSERT_TRUE(is_told(1));
  }
  bool is_told(std::size_t times) {
    std::unique_lock lock(mutex_);
    return told_more_.wait_for(lock, kDeadline, [&] { return told_.size() >= times; });
  }
  void TearDown() override {
    if (log_) log_->inputs()->stop();
  }

  testing::MockBrokers brokers_{"ns"};
  test::TempFolder folder_;
  std::mutex mutex_;
  std::condition_variable told_more_;
  std::vector<bool> told_;  ///< of each assignment, whether it goes on
  std::unique_ptr<log::Log> log_;
};

TEST_F(MemberTest, AClaimThatTheGroupRefusesIsGivenUpAtOnceSoThatTheNodeCanLearnWhy) {
  brokers_.fail(kTxnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1'000);
  const auto begun = Clock::now();
  const auto claimed = log_->claim(0, "one");
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, "log.unavailable");
  EXPECT_LT(Clock::now() - begun, kAtOnce);
}

TEST_F(MemberTest, ANodeThatWasOutOfTheGroupIsToldThatOthersMayHaveHadItsPartitions) {
  brokers_.fail(kHeartbeat, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
  ASSERT_TRUE(is_told(2));
  const std::lock_guard lock(mutex_);
  EXPECT_FALSE(told_.back());
}

TEST_F(MemberTest, ANodeThatTookPartAllTheTimeIsToldSo) {
  brokers_.fail(kHeartbeat, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
  ASSERT_TRUE(is_told(2));
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(told_.back());
}

TEST_F(MemberTest, AClaimThatTheGroupTakesOwnsThePartition) {
  const auto claimed = log_->claim(0, "one");
  ASSERT_TRUE(claimed) << claimed.error().detail;
  EXPECT_EQ(claimed.value().epoch, 1U);
}

}  // namespace
}  // namespace hub::kafka
