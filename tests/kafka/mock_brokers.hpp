#pragma once
#include <librdkafka/rdkafka_mock.h>

#include <string>
#include <vector>

#include "events/core/ids.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka::testing {

/// Brokers of librdkafka's own, in this process; each request can be made to fail.
class MockBrokers {
 public:
  static constexpr int kBrokers = 3;

  explicit MockBrokers(const std::string& name) {
    auto conf = make_conf({"unused:1", {}}, kQuiet);
    client_ = make_client(RD_KAFKA_PRODUCER, std::move(conf).value()).value();
    cluster_.reset(rd_kafka_mock_cluster_new(client_.get(), kBrokers));
    for (const auto& plan : topic_plans(name, 4, kBrokers)) create_topic(plan.name, static_cast<int>(plan.partitions));
  }

  void create_topic(const std::string& name, int partitions) {
    HUB_ASSERT(rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, kBrokers) ==
               RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  Brokers brokers() const { return {rd_kafka_mock_cluster_bootstraps(cluster_.get()), {}}; }
  /// The next requests of that kind are answered with that error.
  void fail(std::int16_t api, rd_kafka_resp_err_t error, int times = 1) {
    const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(times), error);
    rd_kafka_mock_push_request_errors_array(cluster_.get(), api, errors.size(), errors.data());
  }
  /// Those that were not met yet are answered as usual.
  void clear(std::int16_t api) { rd_kafka_mock_clear_request_errors(cluster_.get(), api); }
  /// Which broker coordinates a "group" or a "transaction".
  void coordinate(const char* kind, const std::string& name, int broker) {
    rd_kafka_mock_coordinator_set(cluster_.get(), kind, name.c_str(), broker);
  }
  void lead(const std::string& topic, PartitionId partition, int broker) {
    rd_kafka_mock_partition_set_leader(cluster_.get(), topic.c_str(), static_cast<std::int32_t>(partition), broker);
  }
  void set_up() {
    for (int id = 1; id <= kBrokers; ++id) rd_kafka_mock_broker_set_up(cluster_.get(), id);
  }
  void set_down(int id) { rd_kafka_mock_broker_set_down(cluster_.get(), id); }
  void set_down() {
    for (int id = 1; id <= kBrokers; ++id) set_down(id);
  }
  void set_round_trip_ms(int ms) {
    for (int id = 1; id <= kBrokers; ++id) rd_kafka_mock_broker_set_rtt(cluster_.get(), id, ms);
  }

 private:
  Client client_;
  std::unique_ptr<rd_kafka_mock_cluster_t, Destroyer<rd_kafka_mock_cluster_destroy>> cluster_;
};

/// Numbers of requests in Kafka's protocol.
namespace requests {
inline constexpr std::int16_t kProduce = 0, kFetch = 1, kListOffsets = 2, kMetadata = 3, kFindCoordinator = 10,
                              kJoinGroup = 11, kHeartbeat = 12, kSyncGroup = 14, kInitProducerId = 22,
                              kAddPartitions = 24, kAddOffsets = 25, kEndTxn = 26, kTxnOffsetCommit = 28;
}  // namespace requests

}  // namespace hub::kafka::testing
