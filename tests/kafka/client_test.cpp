// What is asked of librdkafka's configuration, and what is made of its words. No brokers.
#include "events/kafka/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/kafka/plain_words.hpp"

namespace hub::kafka {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Result<Conf> with(const std::string& name, const std::string& value) {
  return make_conf({"127.0.0.1:1", {{name, value}}}, {});
}

TEST(ClientConf, WhatExactlyOnceHangsOnIsNotForOperatorsToSet) {
  for (const auto* name :
       {"acks", "request.required.acks", "enable.idempotence", "isolation.level", "enable.auto.commit", "group.id",
        "group.instance.id", "transactional.id", "transaction.timeout.ms", "message.timeout.ms", "auto.offset.reset",
        "partition.assignment.strategy", "session.timeout.ms", "bootstrap.servers", "metadata.broker.list"}) {
    const auto conf = with(name, "1");
    ASSERT_FALSE(conf) << name;
    EXPECT_EQ(conf.error().code, "kafka.conf") << name;
    EXPECT_THAT(conf.error().detail, HasSubstr(name));
  }
  EXPECT_THAT(with("bootstrap.servers", "elsewhere:9092").error().detail, HasSubstr("--kafka-brokers"));
  EXPECT_THAT(with("session.timeout.ms", "100").error().detail, HasSubstr("--session-timeout"));
}

TEST(ClientConf, EverythingElsePassesThrough) {
  for (const auto& [name, value] : Settings{{"security.protocol", "ssl"}, {"sasl.username", "hub"}, {"linger.ms", "1"}})
    EXPECT_TRUE(with(name, value)) << name;
}

TEST(ClientConf, AnUnknownPropertyAndAValueThatCannotBeAreToldApartAndNoValueIsRepeated) {
  const auto unknown = with("nonsense", "hunter2");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().detail, AllOf(HasSubstr("no property nonsense"), Not(HasSubstr("hunter2"))));
  const auto wrong = with("security.protocol", "hunter2");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().detail,
              AllOf(HasSubstr("security.protocol"), HasSubstr("value"), Not(HasSubstr("hunter2"))));
}

TEST(PlainWords, SayWhatItMeansAndWhatToLookAt) {
  EXPECT_EQ(plain_words("127.0.0.1:80/bootstrap: Receive failed: Invalid response size 1008813135 (0..100000000): "
                        "increase receive.message.max.bytes (after 4ms in state APIVERSION_QUERY)"),
            "127.0.0.1:80: what listens there does not speak Kafka's protocol in plain text; check the port, and "
            "security.protocol when it wants TLS");
  EXPECT_EQ(plain_words("b:9/bootstrap: ApiVersionRequest failed: Local: Timed out: probably due to broker version < "
                        "0.10 (see api.version.request configuration) (after 5066ms in state APIVERSION_QUERY, 1 "
                        "identical error(s) suppressed)"),
            "b:9: it takes the connection and does not answer; check the port, and whether that broker hangs");
  EXPECT_EQ(plain_words("1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state "
                        "CONNECT, 1 identical error(s) suppressed)"),
            "1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused; check --kafka-brokers, and that "
            "they run");
  EXPECT_THAT(plain_words("x:1/bootstrap: Failed to resolve 'x:1': Name or service not known (after 1ms in state X)"),
              AllOf(HasSubstr("Failed to resolve"), HasSubstr("check the name"), Not(HasSubstr("after"))));
  EXPECT_THAT(plain_words("1/1 brokers are down"), HasSubstr("security.protocol"));
}

TEST(PlainWords, WhatIsNotKnownIsSaidAsItIs) {
  EXPECT_EQ(plain_words("something new (after 1ms in state UP)"), "something new");
  EXPECT_EQ(plain_words(""), "");
  EXPECT_EQ(plain_words("[thrd:x"), "[thrd:x");
}

}  // namespace
}  // namespace hub::kafka
