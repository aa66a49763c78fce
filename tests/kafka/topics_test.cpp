#include "events/kafka/topics.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "events/kafka/admin.hpp"
#include "tests/kafka/broker.hpp"

namespace hub::kafka {
namespace {

using ::testing::AllOf;
using testing::bootstrap;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::unique_namespace;

constexpr Duration kTestPatience = seconds(60);

class TopicsTest : public ::testing::Test {
 protected:
  Result<InitResult> init(std::uint32_t partitions = 0) {
    return init_topics(brokers_, {name_, 0, partitions, {}}, kTestPatience);
  }
  std::string check_code() {
    const auto checked = check_topics(brokers_, name_, kTestPatience);
    return checked ? "" : checked.error().code;
  }
  void create(const std::vector<TopicPlan>& plans) {
    auto admin = Admin::make(brokers_);
    ASSERT_TRUE(admin.value().create(plans, 1, Patience(kTestPatience)));
  }
  void write_control(const std::string& value) {
    auto conf = make_conf(brokers_, {});
    const auto client = make_client(RD_KAFKA_PRODUCER, std::move(conf).value());
    auto* topic = rd_kafka_topic_new(client.value().get(), topics_.control.c_str(), nullptr);
    std::string copy = value;
    ASSERT_EQ(rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, copy.data(), copy.size(), "namespace", 9, nullptr), 0);
    EXPECT_EQ(rd_kafka_flush(client.value().get(), 30'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_destroy(topic);
  }

  const Brokers brokers_{bootstrap(), {}};
  const std::string name_ = unique_namespace();
  const Topics topics_{name_};
};

TEST_F(TopicsTest, InitMakesEveryTopicAndASecondOneChangesNothing) {
  const auto first = init();
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_THAT(first.value().made, ::testing::UnorderedElementsAreArray(topics_.all()));
  EXPECT_EQ(first.value().record.partitions, kPartitionsDefault);
  const auto second = init();
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_THAT(second.value().made, IsEmpty());
  EXPECT_EQ(second.value().record, first.value().record);
  EXPECT_EQ(check_topics(brokers_, name_, kTestPatience).value(), first.value().record);
}

TEST_F(TopicsTest, DescribeShowsTopicsWithTheirSettings) {
  const auto made = init(4);
  ASSERT_TRUE(made) << made.error().detail;
  const auto described = describe_topics(brokers_, name_, kTestPatience);
  ASSERT_TRUE(described) << described.error().detail;
  const auto& description = described.value();
  EXPECT_EQ(description.record, made.value().record);
  EXPECT_FALSE(description.trouble);
  EXPECT_THAT(description.brokers, SizeIs(1));
  EXPECT_FALSE(description.cluster_id.empty());
  const auto plans = topic_plans(name_, 4, 1);
  ASSERT_EQ(description.topics.size(), plans.size());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    EXPECT_EQ(description.topics[i].name, plans[i].name);
    EXPECT_EQ(description.topics[i].partitions, plans[i].partitions) << plans[i].name;
    EXPECT_EQ(description.topics[i].replication, 1U);
    EXPECT_EQ(description.topics[i].without_leader, 0U);
    EXPECT_EQ(description.topics[i].settings, plans[i].settings) << plans[i].name;
  }
}

TEST_F(TopicsTest, TheRecordIsKeptForEverAndConfigurationIsCompacted) {
  const auto plans = topic_plans("x", 16, 3);
  EXPECT_EQ(plans[1].name, "x.events");
  EXPECT_EQ(plans[1].settings.at("retention.ms"), "-1");
  EXPECT_EQ(plans[1].settings.at("min.insync.replicas"), "2");
  EXPECT_EQ(plans[4].settings.at("cleanup.policy"), "compact");
  EXPECT_EQ(plans[5].settings.at("cleanup.policy"), "compact");
  EXPECT_EQ(plans[0].partitions, plans[1].partitions);
}

TEST_F(TopicsTest, SeveralInitsAtATimeAgreeOnOneRecord) {
  std::vector<Result<InitResult>> results(4, internal_failure("test", "not run"));
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&] { result = init(2); });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) {
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(result.value().record, results.front().value().record);
  }
}

TEST_F(TopicsTest, AnInterruptedInitIsFinishedByTheNextOne) {
  create(topic_plans(name_, 3, 1));
  EXPECT_EQ(check_code(), "kafka.namespace_unset");
  const auto finished = init();
  ASSERT_TRUE(finished) << finished.error().detail;
  EXPECT_EQ(finished.value().record.partitions, 3U);
  EXPECT_EQ(check_code(), "");
}

TEST_F(TopicsTest, MissingTopicsAreNamedWithTheCommandThatMakesThem) {
  const auto checked = check_topics(brokers_, name_, kTestPatience);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, "kafka.topics_missing");
  EXPECT_THAT(checked.error().detail,
              AllOf(HasSubstr(topics_.events), HasSubstr("computehub kafka init --kafka-brokers " + brokers_.bootstrap +
                                                         " --namespace " + name_)));
}

TEST_F(TopicsTest, TheNumberOfPartitionsHoldsForLife) {
  ASSERT_TRUE(init(4));
  EXPECT_EQ(init(8).error().code, "kafka.partitions");
  EXPECT_EQ(init(0).value().record.partitions, 4U);
}

TEST_F(TopicsTest, TopicsThatDoNotFitTogetherAreRefused) {
  create({{topics_.events, 4, {}}, {topics_.commands, 5, {}}});
  const auto made = init();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "kafka.partitions");
  EXPECT_THAT(made.error().detail, HasSubstr(topics_.commands + " has 5 partitions, not 4"));
}

TEST_F(TopicsTest, AServerRefusesATopicThatWasGivenOtherPartitions) {
  ASSERT_TRUE(init(2));
  write_control(R"({"partitions":4,"incarnation":"0000000000000001"})");
  EXPECT_EQ(check_code(), "kafka.partitions");
}

TEST_F(TopicsTest, ARecordOfAnotherShapeIsRefusedAndNotOverwritten) {
  ASSERT_TRUE(init(1));
  write_control("hello");
  EXPECT_EQ(check_code(), "kafka.namespace_record");
  EXPECT_EQ(init().error().code, "kafka.namespace_record");
  const auto described = describe_topics(brokers_, name_, kTestPatience);
  ASSERT_TRUE(described);
  EXPECT_EQ(described.value().trouble->code, "kafka.namespace_record");
}

TEST_F(TopicsTest, DeletedEventsAreNotReplacedByNewOnes) {
  auto plans = topic_plans(name_, 2, 1);
  plans.erase(plans.begin() + 1);
  create(plans);
  write_control(R"({"partitions":2,"incarnation":"0000000000000001"})");
  EXPECT_EQ(init().error().code, "kafka.events_deleted");
}

TEST_F(TopicsTest, MoreCopiesThanBrokersAreRefused) {
  for (const auto wait : {Duration{}, milliseconds(300)}) {
    const auto made = init_topics(brokers_, {name_, 2, 1, wait}, kTestPatience);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "kafka.replication");
  }
  EXPECT_EQ(check_code(), "kafka.topics_missing");
}

TEST_F(TopicsTest, BrokersThatAreNotThereAreSaidToBeSoInTime) {
  const auto began = std::chrono::steady_clock::now();
  const auto checked = check_topics({"127.0.0.1:1", {}}, name_, seconds(1));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, "kafka.unreachable");
  EXPECT_EQ(checked.error().http_status(), 503);
  EXPECT_THAT(checked.error().detail, HasSubstr("127.0.0.1:1"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

TEST_F(TopicsTest, CredentialsArePassedThroughAndWrongOnesAreSaidToBeSo) {
  ASSERT_TRUE(init(1));
  const auto with = [&](const std::string& password) {
    return check_topics({bootstrap("-sasl"),
                         {{"security.protocol", "sasl_plaintext"},
                          {"sasl.mechanisms", "PLAIN"},
                          {"sasl.username", "computehub"},
                          {"sasl.password", password}}},
                        name_, kTestPatience);
  };
  const auto good = with("for-tests");
  EXPECT_TRUE(good) << good.error().detail;
  const auto wrong = with("of-last-year");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "kafka.credentials");
  EXPECT_THAT(wrong.error().detail, ::testing::Not(HasSubstr("of-last-year")));
}

TEST_F(TopicsTest, TlsToABrokerWithoutItIsSaidToBeSo) {
  const auto checked = check_topics({brokers_.bootstrap, {{"security.protocol", "ssl"}}}, name_, kTestPatience);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, "kafka.tls");
}

TEST_F(TopicsTest, PlainTextToABrokerThatWantsAPasswordIsSaidWithWhatToLookAt) {
  const auto checked = check_topics({bootstrap("-sasl"), {}}, name_, seconds(2));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, "kafka.unreachable");
  EXPECT_THAT(checked.error().detail, HasSubstr("check security.protocol"));
}

TEST(NamespaceTest, NamesFitTopics) {
  for (const auto* good : {"computehub", "a", "team-1.prod_x", "0"}) EXPECT_TRUE(check_namespace(good)) << good;
  for (const auto& bad : {std::string(), std::string("A"), std::string(".a"), std::string("_a"), std::string("a b"),
                          std::string("ä"), std::string(kNamespaceSizeMax + 1, 'a')})
    EXPECT_EQ(check_namespace(bad).error().code, "kafka.namespace") << bad;
}

TEST(NamespaceTest, TheRecordGoesThroughJson) {
  const NamespaceRecord record{16, 0x00f1'e2d3'c4b5'a697};
  EXPECT_EQ(to_json_text(record), R"({"partitions":16,"incarnation":"00f1e2d3c4b5a697"})");
  EXPECT_EQ(parse_namespace_record(to_json_text(record)).value(), record);
  EXPECT_EQ(parse_namespace_record(R"({"partitions":16,"incarnation":"00f1e2d3c4b5a697","later":1})").value(), record);
  for (const auto* bad :
       {"", "{}", R"({"partitions":0,"incarnation":"00f1e2d3c4b5a697"})",
        R"({"partitions":1025,"incarnation":"00f1e2d3c4b5a697"})", R"({"partitions":16,"incarnation":"f1"})",
        R"({"partitions":16,"incarnation":"zzf1e2d3c4b5a697"})",
        R"({"partitions":"16","incarnation":"00f1e2d3c4b5a697"})"})
    EXPECT_EQ(parse_namespace_record(bad).error().code, "kafka.namespace_record") << bad;
}

}  // namespace
}  // namespace hub::kafka
