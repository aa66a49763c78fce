// A commit is answered before everybody can read what it wrote; who then says that there is nothing has to wait.
#include <gtest/gtest.h>

#include <future>

#include "events/kafka/kafka_log.hpp"
#include "events/kafka/last_offsets.hpp"
#include "events/kafka/produce.hpp"
#include "events/kafka/topics.hpp"
#include "tests/kafka/broker.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::kafka {
namespace {

constexpr int kWaitMs = 30'000;
constexpr std::uint32_t kPartitions = 4;

/// A transaction of somebody else.
class Transaction {
 public:
  Transaction(const Brokers& brokers, const std::string& name) {
    auto conf = make_conf(brokers, {{"transactional.id", name}});
    client_ = make_client(RD_KAFKA_PRODUCER, std::move(conf).value()).value();
    check(rd_kafka_init_transactions(client_.get(), kWaitMs));
    check(rd_kafka_begin_transaction(client_.get()));
  }
  void write(const std::string& topic, PartitionId partition) {
    Outgoing message{"key", "x", Headers(rd_kafka_headers_new(1)), false};
    const auto error = produce(client_.get(), topic, partition, message, nullptr);
    HUB_ASSERT(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    HUB_ASSERT(rd_kafka_flush(client_.get(), kWaitMs) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void abort() { check(rd_kafka_abort_transaction(client_.get(), kWaitMs)); }

 private:
  static void check(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    ADD_FAILURE() << rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
  }
  Client client_;
};

struct ReadEndTest : ::testing::Test {
  ReadEndTest() {
    const auto made = init_topics(brokers, {name, 1, kPartitions, {}});
    HUB_ASSERT(made);
    KafkaLogOptions options;
    options.brokers = brokers;
    options.topic = topic;
    options.transactional_id = "ch-" + name + "-node";
    options.folder = folder.path() / "log";
    options.partitions = kPartitions;
    options.incarnation = made.value().record.incarnation;
    log = open_kafka_log(std::move(options)).value();
  }
  /// "read", or the code of the failure.
  std::string read_to_the_end(const std::vector<PartitionId>& partitions) const {
    const auto told = std::make_shared<std::promise<std::string>>();
    auto future = told->get_future();
    log->when_read(partitions,
                   [told](const Result<void>& read) { told->set_value(read ? "read" : read.error().code); });
    return future.wait_for(std::chrono::milliseconds(kWaitMs)) == std::future_status::ready ? future.get() : "nothing";
  }

  test::TempFolder folder;
  const Brokers brokers{testing::bootstrap(), {}};
  const std::string name = testing::unique_namespace();
  const std::string topic = Topics(name).events;
  std::unique_ptr<log::Log> log;
};

TEST_F(ReadEndTest, WhatLiesInATransactionWhoseEndIsNotSeenIsWaitedFor) {
  Transaction other(brokers, name + "-other");
  other.write(topic, 1);
  EXPECT_EQ(read_to_the_end({0, 2, 3}), "read");
  EXPECT_EQ(read_to_the_end({1}), "log.behind");
  other.abort();
  EXPECT_EQ(read_to_the_end({1}), "read");
}

TEST_F(ReadEndTest, AnEndIsThatOfAllRecordsWhetherTheyAreCommittedOrNot) {
  const auto ends = LastOffsets::open(brokers, topic).value();
  EXPECT_EQ(ends->ask({0, 1}).value(), (std::vector<std::int64_t>{0, 0}));
  Transaction other(brokers, name + "-other");
  other.write(topic, 1);
  EXPECT_EQ(ends->ask({1, 0}).value(), (std::vector<std::int64_t>{1, 0}));
  other.abort();
  // The end of a transaction is answered before its mark lies there.
  std::vector<std::int64_t> end;
  for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kWaitMs);
       end != std::vector<std::int64_t>{2} && std::chrono::steady_clock::now() < deadline;)
    end = ends->ask({1}).value();
  EXPECT_EQ(end, (std::vector<std::int64_t>{2}));
}

TEST_F(ReadEndTest, BrokersThatCannotBeReachedDoNotAnswer) {
  const auto ends = LastOffsets::open({"127.0.0.1:1", {}}, topic).value();
  const auto answer = ends->ask({0});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "kafka.unreachable");
}

}  // namespace
}  // namespace hub::kafka
