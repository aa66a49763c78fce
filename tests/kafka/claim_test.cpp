// How a node claims where a group says whose a partition is.
#include <gtest/gtest.h>

#include <future>

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
constexpr std::int16_t kTxnOffsetCommit = 28;

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
    options.member = MemberOptions{{}, Topics("ns").commands, "ns", "one", seconds(10)};
    auto opened = open_kafka_log(std::move(options));
    ASSERT_TRUE(opened) << opened.error().detail;
    log_ = std::move(opened).value();
    log::Inputs::Handler handler;
    handler.assigned = [this](const std::vector<PartitionId>&) {
      if (!told_.exchange(true)) given_.set_value();
    };
    handler.revoked = [] {};
    handler.arrived = [](PartitionId, std::uint64_t, std::uint64_t, std::optional<log::Command>) {};
    handler.truncated = [](PartitionId) {};
    handler.expelled = [](const Failure&) {};
    ASSERT_TRUE(log_->inputs()->start(std::move(handler)));
    ASSERT_EQ(given_.get_future().wait_for(kDeadline), std::future_status::ready);
  }
  void TearDown() override {
    if (log_) log_->inputs()->stop();
  }

  testing::MockBrokers brokers_{"ns"};
  test::TempFolder folder_;
  std::atomic<bool> told_{false};
  std::promise<void> given_;
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

TEST_F(MemberTest, AClaimThatTheGroupTakesOwnsThePartition) {
  const auto claimed = log_->claim(0, "one");
  ASSERT_TRUE(claimed) << claimed.error().detail;
  EXPECT_EQ(claimed.value().epoch, 1U);
}

}  // namespace
}  // namespace hub::kafka
