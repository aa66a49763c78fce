#include "events/kafka/namespace_record.hpp"

#include <gmock/gmock.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <thread>

namespace hub::kafka {
namespace {

constexpr Duration kTestPatience = seconds(60);

/// Brokers of librdkafka's own, in this process; each request can be made to fail.
class MockBrokers {
 public:
  explicit MockBrokers(const std::string& name) {
    auto conf = make_conf({"unused:1", {}}, kQuiet);
    client_ = make_client(RD_KAFKA_PRODUCER, std::move(conf).value()).value();
    cluster_.reset(rd_kafka_mock_cluster_new(client_.get(), 3));
    for (const auto& plan : topic_plans(name, 4, 3)) {
      const auto partitions = static_cast<int>(plan.partitions);
      HUB_ASSERT(rd_kafka_mock_topic_create(cluster_.get(), plan.name.c_str(), partitions, 3) ==
                 RD_KAFKA_RESP_ERR_NO_ERROR);
    }
  }

  Brokers brokers() const { return {rd_kafka_mock_cluster_bootstraps(cluster_.get()), {}}; }
  /// The next requests of that kind are answered with that error.
  void fail(std::int16_t api, rd_kafka_resp_err_t error, int times = 1) {
    const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(times), error);
    rd_kafka_mock_push_request_errors_array(cluster_.get(), api, errors.size(), errors.data());
  }
  void set_down() {
    for (std::int32_t id = 1; id <= 3; ++id) rd_kafka_mock_broker_set_down(cluster_.get(), id);
  }
  void set_round_trip_ms(int ms) {
    for (std::int32_t id = 1; id <= 3; ++id) rd_kafka_mock_broker_set_rtt(cluster_.get(), id, ms);
  }

 private:
  Client client_;
  std::unique_ptr<rd_kafka_mock_cluster_t, Destroyer<rd_kafka_mock_cluster_destroy>> cluster_;
};

// Numbers of requests in Kafka's protocol.
constexpr std::int16_t kProduce = 0, kFetch = 1, kMetadata = 3, kInitProducerId = 22, kAddPartitions = 24, kEndTxn = 26;

void expect_drawn_once(std::int16_t api, rd_kafka_resp_err_t error) {
  const auto what = std::to_string(api) + " " + rd_kafka_err2name(error);
  MockBrokers mock("x");
  mock.fail(api, error);
  const auto drawn = ensure_namespace_record(mock.brokers(), "x", 4, Patience(kTestPatience));
  ASSERT_TRUE(drawn) << what << ": " << drawn.error().detail;
  EXPECT_EQ(drawn.value().partitions, 4U);
  const auto read = read_namespace_record(mock.brokers(), "x", Patience(kTestPatience));
  ASSERT_TRUE(read) << what << ": " << read.error().detail;
  EXPECT_EQ(read.value(), drawn.value()) << what;
  EXPECT_EQ(ensure_namespace_record(mock.brokers(), "x", 4, Patience(kTestPatience)).value(), drawn.value()) << what;
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
  const auto denied = ensure_namespace_record(mock.brokers(), "x", 4, Patience(kTestPatience));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, "kafka.denied") << denied.error().detail;
}

TEST(NamespaceRecordTest, WhatWentWrongIsSaidWhenTimeIsUp) {
  MockBrokers mock("x");
  mock.fail(kInitProducerId, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 10'000);
  const auto drawn = ensure_namespace_record(mock.brokers(), "x", 4, Patience(seconds(2)));
  ASSERT_FALSE(drawn);
  EXPECT_EQ(drawn.error().code, "kafka.unreachable");
  EXPECT_THAT(drawn.error().detail, ::testing::HasSubstr("the namespace record could not be written"));
}

TEST(NamespaceRecordTest, ATopicWithoutARecordIsNotReadyForAServer) {
  const MockBrokers mock("x");
  EXPECT_EQ(check_topics(mock.brokers(), "x", kTestPatience).error().code, "kafka.namespace_unset");
}

TEST(NamespaceRecordTest, SlowBrokersAreWaitedFor) {
  MockBrokers mock("x");
  ASSERT_TRUE(ensure_namespace_record(mock.brokers(), "x", 4, Patience(kTestPatience)));
  mock.set_round_trip_ms(500);
  const auto checked = check_topics(mock.brokers(), "x", kTestPatience);
  EXPECT_TRUE(checked) << checked.error().detail;
}

TEST(NamespaceRecordTest, BrokersThatWentAwayAreSaidToBeSoInTime) {
  MockBrokers mock("x");
  ASSERT_TRUE(ensure_namespace_record(mock.brokers(), "x", 4, Patience(kTestPatience)));
  mock.set_down();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(check_topics(mock.brokers(), "x", seconds(1)).error().code, "kafka.unreachable");
  EXPECT_EQ(read_namespace_record(mock.brokers(), "x", Patience(seconds(1))).error().code, "kafka.unreachable");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));
}

}  // namespace
}  // namespace hub::kafka
