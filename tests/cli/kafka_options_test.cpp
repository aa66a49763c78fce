#include "gateway/cli/kafka_options.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace hub::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(KafkaOptions, PropertiesArePartedByCommasAndLines) {
  EXPECT_THAT(parse_properties("linger.ms=1, client.id = hub\nacks=all").value(),
              ElementsAre(Pair("acks", "all"), Pair("client.id", "hub"), Pair("linger.ms", "1")));
  EXPECT_TRUE(parse_properties("").value().empty());
}

TEST(KafkaOptions, ACommaOfAValueStays) {
  EXPECT_THAT(parse_properties("sasl.password=a,b=,ssl.cipher.suites=X,Y").value(),
              ElementsAre(Pair("b", ""), Pair("sasl.password", "a"), Pair("ssl.cipher.suites", "X,Y")));
  EXPECT_THAT(parse_properties("sasl.password=a,B=c,D").value(), ElementsAre(Pair("sasl.password", "a,B=c,D")));
}

TEST(KafkaOptions, WhatIsNoPropertyIsRefusedAndNotRepeated) {
  for (const auto* bad : {"hunter2", "=hunter2", "Name=hunter2", "two words=hunter2"}) {
    const auto read = parse_properties(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, "config.value");
    EXPECT_THAT(read.error().detail, Not(HasSubstr("hunter2")));
  }
}

TEST(KafkaOptions, SecretsAreKnownByTheirNames) {
  for (const auto* name : {"sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem",
                           "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config"})
    EXPECT_TRUE(is_secret_property(name)) << name;
  for (const auto* name : {"sasl.username", "ssl.key.location", "ssl.ca.location", "security.protocol"})
    EXPECT_FALSE(is_secret_property(name)) << name;
}

TEST(KafkaOptions, EachSourceAddsToTheOthersAndSecretsAreNotShown) {
  const test::TempFolder folder;
  const auto file = folder.path() / "computehub.yaml";
  std::ofstream(file) << "kafka-conf: [security.protocol=ssl, client.id=file]\n";
  const auto config = load_config({file,
                                   {{"kafka-conf", "client.id=flag"}, {"kafka-conf", "linger.ms=1"}},
                                   {{"COMPUTEHUB_KAFKA_CONF", "sasl.password=hunter2"}}});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_THAT(config.value().options.kafka_conf,
              ElementsAre(Pair("client.id", "flag"), Pair("linger.ms", "1"), Pair("sasl.password", "hunter2"),
                          Pair("security.protocol", "ssl")));
  bool seen = false;
  for (const auto& setting : config.value().settings) {
    EXPECT_THAT(setting.value, Not(HasSubstr("hunter2")));
    seen = seen || setting.value == "client.id=flag,linger.ms=1,sasl.password=********,security.protocol=ssl";
  }
  EXPECT_TRUE(seen);
}

TEST(KafkaOptions, ASecretIsNoFlag) {
  const auto config = load_config({{}, {{"kafka-conf", "sasl.password=hunter2"}}, {}});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, "config.value");
  EXPECT_THAT(config.error().detail, HasSubstr("--kafka-conf-file"));
  EXPECT_THAT(config.error().detail, Not(HasSubstr("hunter2")));
}

TEST(KafkaOptions, TheFileGivesWayToWhatIsSaidElsewhere) {
  const test::TempFolder folder;
  ServeOptions options;
  options.kafka_conf_file = folder.path() / "kafka.conf";
  std::ofstream(options.kafka_conf_file) << "# for the brokers\n\n sasl.username = hub\r\nsasl.password=a=b, c\n";
  options.kafka_conf = {{"sasl.username", "other"}};
  EXPECT_THAT(kafka_properties(options).value(),
              ElementsAre(Pair("sasl.password", "a=b, c"), Pair("sasl.username", "other")));
  std::ofstream(options.kafka_conf_file) << "a=b\nhunter2\n";
  const auto bad = kafka_properties(options);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().detail, HasSubstr("line 2"));
  EXPECT_THAT(bad.error().detail, Not(HasSubstr("hunter2")));
  options.kafka_conf_file = folder.path() / "absent";
  EXPECT_EQ(kafka_properties(options).error().code, "config.file");
  options.kafka_conf_file = folder.path();
  EXPECT_EQ(kafka_properties(options).error().code, "config.file") << "a folder has no properties";
}

}  // namespace
}  // namespace hub::cli
