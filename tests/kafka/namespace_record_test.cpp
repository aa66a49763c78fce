#include "events/kafka/namespace_record.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/kafka/mock_brokers.hpp"

namespace hub::kafka {
namespace {

using testing::MockBrokers;
using namespace testing::requests;

constexpr Duration kTestPatience = seconds(60);
constexpr NamespaceRecord kWanted{4, 0x0123456789abcdef};

void expect_drawn_once(std::int16_t api, rd_kafka_resp_err_t error) {
  const auto what = std::to_string(api) + " " + rd_kafka_err2name(error);
  MockBrokers mock("x");
  mock.fail(api, error);
  const auto drawn = ensure_namespace_record(mock.brokers(), "x", kWanted, Patience(kTestPatience));
  ASSERT_TRUE(drawn) << what << ": " << drawn.error().detail;
  EXPECT_EQ(drawn.value(), kWanted);
  const auto read = read_namespace_record(mock.brokers(), "x", Patience(kTestPatience));
  ASSERT_TRUE(read) << what << ": " << read.error().detail;
  EXPECT_EQ(read.value(), drawn.value()) << what;
  EXPECT_EQ(ensure_namespace_record(mock.brokers(), "x", kWanted, Patience(kTestPatience)).value(), drawn.value())
      << what;
}

TEST(NamespaceRecordTest, IsDrawnOnceWhateverARequestMeets) {
  const std::vector<std::pair<std::int16_t, rd_kafka_resp_err_t>> cases = {
      {kMetadata, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE},
      {kInitProducerId, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS},
      {kInitProducerId, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
      {kInitProducerId, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
      {kAddPartitions, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
      {kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH},
      {kProduce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION},
      {kProduce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER},
      {kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE},
      {kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED},
      {kEndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE},
      {kFetch, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION},
      {kFetch, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART},
  };
  // Side by side: they mostly wait.
  std::vector<std::thread> threads;
  for (const auto& each : cases) threads.emplace_back([&each] { expect_drawn_once(each.first, each.second); });
  for (auto& thread : threads) thread.join();
}

TEST(NamespaceRecordTest, RightsThatDoNotReachAreSaidToBeSo) {
  MockBrokers mock("x");
  mock.fail(kInitProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  const auto denied = ensure_namespace_record(mock.brokers(), "x", kWanted, Patience(kTestPatience));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, "kafka.denied") << denied.error().detail;
}

TEST(NamespaceRecordTest, WhatWentWrongIsSaidWhenTimeIsUp) {
  MockBrokers mock("x");
  mock.fail(kInitProducerId, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 10'000);
  const auto drawn = ensure_namespace_record(mock.brokers(), "x", kWanted, Patience(seconds(2)));
  ASSERT_FALSE(drawn);
  EXPECT_EQ(drawn.error().code, "kafka.unreachable");
  EXPECT_THAT(drawn.error().detail, ::testing::HasSubstr("the namespace record could not be written"));
}

TEST(NamespaceRecordTest, OnlyAnOpenNamespaceIsServed) {
  MockBrokers mock("x");
  const auto brokers = mock.brokers();
  const Patience patience(kTestPatience);
  auto filling = kWanted, left = kWanted;
  filling.use = NamespaceUse::filling;
  left.use = NamespaceUse::left;
  ASSERT_EQ(ensure_namespace_record(brokers, "x", filling, patience).value(), filling);
  EXPECT_EQ(check_topics(brokers, "x", kTestPatience).error().code, "kafka.filling");
  ASSERT_TRUE(replace_namespace_record(brokers, "x", filling, kWanted, patience));
  EXPECT_EQ(check_topics(brokers, "x", kTestPatience).value(), kWanted);
  ASSERT_TRUE(replace_namespace_record(brokers, "x", kWanted, left, patience));
  EXPECT_EQ(check_topics(brokers, "x", kTestPatience).error().code, "kafka.left");
  EXPECT_EQ(look_at_namespace(brokers, "x", kTestPatience).value(), left);
}

TEST(NamespaceRecordTest, ARecordIsReplacedOnlyWhereItIsWhatItWasTakenFor) {
  MockBrokers mock("x");
  const auto brokers = mock.brokers();
  const Patience patience(kTestPatience);
  const NamespaceRecord other{4, 7, NamespaceUse::filling}, third{4, 8};
  ASSERT_TRUE(ensure_namespace_record(brokers, "x", kWanted, patience));
  EXPECT_EQ(replace_namespace_record(brokers, "x", other, third, patience).error().code, "kafka.namespace_changed");
  ASSERT_TRUE(replace_namespace_record(brokers, "x", kWanted, other, patience));
  EXPECT_TRUE(replace_namespace_record(brokers, "x", kWanted, other, patience)) << "done already is done";
  EXPECT_EQ(read_namespace_record(brokers, "x", patience).value(), other);
}

TEST(NamespaceRecordTest, AUseThatIsNotKnownIsNotTakenForNone) {
  EXPECT_EQ(parse_namespace_record(R"({"partitions":4,"incarnation":"0123456789abcdef","use":"new"})").error().code,
            "kafka.namespace_record");
  EXPECT_EQ(parse_namespace_record(R"({"partitions":4,"incarnation":"0123456789abcdef"})").value(), kWanted);
}

TEST(NamespaceRecordTest, ATopicWithoutARecordIsNotReadyForAServer) {
  const MockBrokers mock("x");
  EXPECT_EQ(check_topics(mock.brokers(), "x", kTestPatience).error().code, "kafka.namespace_unset");
}

TEST(NamespaceRecordTest, SlowBrokersAreWaitedFor) {
  MockBrokers mock("x");
  ASSERT_TRUE(ensure_namespace_record(mock.brokers(), "x", kWanted, Patience(kTestPatience)));
  mock.set_round_trip_ms(500);
  const auto checked = check_topics(mock.brokers(), "x", kTestPatience);
  EXPECT_TRUE(checked) << checked.error().detail;
}

TEST(NamespaceRecordTest, BrokersThatWentAwayAreSaidToBeSoInTime) {
  MockBrokers mock("x");
  ASSERT_TRUE(ensure_namespace_record(mock.brokers(), "x", kWanted, Patience(kTestPatience)));
  mock.set_down();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(check_topics(mock.brokers(), "x", seconds(1)).error().code, "kafka.unreachable");
  EXPECT_EQ(read_namespace_record(mock.brokers(), "x", Patience(seconds(1))).error().code, "kafka.unreachable");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));
}

}  // namespace
}  // namespace hub::kafka
