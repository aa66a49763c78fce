#include "events/kafka/shared_topic.hpp"

#include <gmock/gmock.h>

#include <map>
#include <thread>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/mock_brokers.hpp"

namespace hub::kafka {
namespace {

using State = std::map<std::string, std::string>;

constexpr Duration kTestPatience = seconds(30);

/// One node: what it has taken.
struct Node {
  explicit Node(SharedTopic::Options options) {
    auto opened = SharedTopic::open(
        std::move(options),
        [this](std::string_view key, std::optional<std::string_view> value) {
          const std::lock_guard lock(mutex);
          if (key != "mark") order.emplace_back(key, value.value_or("deleted"));
          if (value)
            state.insert_or_assign(std::string(key), std::string(*value));
          else
            state.erase(std::string(key));
        },
        Patience(kTestPatience));
    if (opened) topic = std::move(opened).value();
  }

  Result<void> put(const std::string& key, std::optional<std::string> value) { return topic->write({{key, value}}); }
  std::string get(const std::string& key) {
    const std::lock_guard lock(mutex);
    const auto found = state.find(key);
    return found == state.end() ? std::string() : found->second;
  }

  std::mutex mutex;
  State state;
  std::vector<std::pair<std::string, std::string>> order;
  std::unique_ptr<SharedTopic> topic;
};

struct SharedTopicTest : ::testing::Test {
  SharedTopicTest() {
    InitOptions init;
    init.name = name;
    HUB_ASSERT(init_topics(brokers, init, kTestPatience));
  }
  SharedTopic::Options options() const {
    SharedTopic::Options made;
    made.brokers = brokers;
    made.topic = Topics(name).secrets;
    made.delivery_max = kTestPatience;
    made.patience = kTestPatience;
    return made;
  }

  const Brokers brokers{testing::bootstrap(), {}};
  const std::string name = testing::unique_namespace();
};

TEST_F(SharedTopicTest, WhatIsWrittenIsReadBackByTheWriterAndThenByAll) {
  Node one(options()), two(options());
  ASSERT_TRUE(one.topic && two.topic);
  ASSERT_TRUE(one.put("a", "1"));
  EXPECT_EQ(one.get("a"), "1");
  ASSERT_TRUE(two.topic->catch_up());
  EXPECT_EQ(two.get("a"), "1");
  ASSERT_TRUE(two.put("a", std::nullopt));
  ASSERT_TRUE(two.put("b", ""));
  ASSERT_TRUE(one.topic->catch_up());
  const State expected{{"b", ""}};
  EXPECT_EQ(one.state, expected);
  Node three(options());
  EXPECT_EQ(three.state, expected) << "all is there when it is opened";
  EXPECT_THAT(three.order, ::testing::SizeIs(3));
}

TEST_F(SharedTopicTest, AllNodesTakeTheSameRecordsInTheSameOrder) {
  constexpr int kNodes = 3, kThreads = 2, kEach = 20;
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.push_back(std::make_unique<Node>(options()));
  std::vector<std::thread> threads;
  for (int i = 0; i < kNodes * kThreads; ++i)
    threads.emplace_back([&, i] {
      auto& node = *nodes[static_cast<std::size_t>(i % kNodes)];
      for (int n = 0; n < kEach; ++n) {
        const auto key = std::to_string(i) + "." + std::to_string(n);
        const auto done = node.topic->write({{key, "x"}, {key, std::nullopt}, {key, "y"}});
        ASSERT_TRUE(done) << done.error().detail;
        EXPECT_EQ(node.get(key), "y") << "it was read back";
      }
    });
  for (auto& each : threads) each.join();
  Node late(options());
  for (auto& node : nodes) {
    ASSERT_TRUE(node->topic->catch_up());
    EXPECT_EQ(node->order.size(), static_cast<std::size_t>(kNodes * kThreads * kEach * 3));
    EXPECT_EQ(node->order, late.order);
  }
}

SharedTopic::Options at(const testing::MockBrokers& mock, Duration patience) {
  SharedTopic::Options made;
  made.brokers = mock.brokers();
  made.topic = "x.secrets";
  made.patience = patience;
  return made;
}

TEST(SharedTopicAtBadBrokers, WhatARequestMeetsIsMetAgain) {
  testing::MockBrokers mock("x");
  Node one(at(mock, kTestPatience));
  ASSERT_TRUE(one.topic);
  int n = 0;
  for (const auto error : {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS}) {
    mock.fail(testing::requests::kProduce, error);
    const auto done = one.put("key", std::to_string(++n));
    ASSERT_TRUE(done) << rd_kafka_err2name(error) << ": " << done.error().detail;
    EXPECT_EQ(one.get("key"), std::to_string(n));
  }
}

TEST(SharedTopicAtBadBrokers, BehindAWriteThatFailedForGoodTheNextOneGoesThrough) {
  testing::MockBrokers mock("x");
  Node one(at(mock, kTestPatience));
  ASSERT_TRUE(one.topic);
  ASSERT_TRUE(one.put("key", "1"));
  mock.fail(testing::requests::kProduce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  EXPECT_FALSE(one.put("key", "2"));
  const auto done = one.put("key", "3");
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(one.get("key"), "3");
}

TEST(SharedTopicAtBadBrokers, BrokersThatAreAwayAreToldOfInTime) {
  testing::MockBrokers mock("x");
  Node one(at(mock, milliseconds(4'500)));
  ASSERT_TRUE(one.topic);
  ASSERT_TRUE(one.put("a", "1"));
  mock.set_down();
  for (const bool writes : {true, false}) {
    const auto begun = std::chrono::steady_clock::now();
    const auto done = writes ? one.put("a", "2") : one.topic->catch_up();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "kafka.unreachable");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  }
  EXPECT_EQ(one.get("a"), "1");
}

}  // namespace
}  // namespace hub::kafka
