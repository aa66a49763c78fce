#include "events/kafka/node_keys.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "events/core/json_codec.hpp"
#include "events/kafka/control_topic.hpp"
#include "tests/kafka/broker.hpp"
#include "tests/kafka/mock_brokers.hpp"

namespace hub::kafka {
namespace {

using log::Signer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr Duration kTestPatience = seconds(60);
constexpr std::uint64_t kIncarnation = 0x0123456789abcdef;
constexpr Instant kSince{1'700'000'000'000'000};

std::string key_of(const std::string& node, const Signer& signer) {
  return "signing-key:" + node + ":" + signer.public_key().id();
}

TEST(Announcement, SaysWhoSignsWithWhatSinceWhen) {
  const auto signer = Signer::temporary();
  const auto text = announcement(signer, "one", kSince, kIncarnation);
  const auto read = parse_announcement(key_of("one", signer), text, kIncarnation);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read.value().node, "one");
  EXPECT_EQ(read.value().since, kSince);
  EXPECT_EQ(read.value().key.pem(), signer.public_key().pem());
  EXPECT_EQ(control_key(read.value()), key_of("one", signer));
}

TEST(Announcement, WhatANewerReleaseAddsIsNoTrouble) {
  const auto signer = Signer::temporary();
  auto text = announcement(signer, "one", kSince, kIncarnation);
  text.insert(1, R"("purpose":"checkpoints",)");
  EXPECT_TRUE(parse_announcement(key_of("one", signer), text, kIncarnation));
}

TEST(Announcement, EveryChangeOfItsTextIsFound) {
  const auto signer = Signer::temporary();
  const auto text = announcement(signer, "one", kSince, kIncarnation);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = text[i] == '1' ? '2' : '1';
    EXPECT_FALSE(parse_announcement(key_of("one", signer), changed, kIncarnation)) << changed;
  }
}

TEST(Announcement, NobodyAnnouncesTheKeyOfAnotherAsHisOwn) {
  const auto signer = Signer::temporary(), eve = Signer::temporary();
  const auto theirs = announcement(signer, "one", kSince, kIncarnation);
  const auto expect_refused = [](const std::string& key, const std::string& text, std::uint64_t incarnation) {
    const auto read = parse_announcement(key, text, incarnation);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "key.announcement");
    EXPECT_THAT(read.error().detail, HasSubstr("signing-key:"));
  };
  expect_refused(key_of("two", signer), theirs, kIncarnation);
  expect_refused(key_of("one", eve), theirs, kIncarnation);
  expect_refused(key_of("one", signer), theirs, kIncarnation + 1);
  // The words of one with the signature of the other.
  auto renamed = theirs;
  renamed.replace(renamed.find("\"one\""), 5, "\"eve\"");
  expect_refused(key_of("eve", signer), renamed, kIncarnation);
}

/// On the broker that ctest has started.
class NodeKeysTest : public ::testing::Test {
 protected:
  NodeKeysTest() : incarnation_(init_topics(brokers_, {name_, 1, 1, {}}, kTestPatience).value().record.incarnation) {}

  Result<AnnouncedKeys> announce(const std::string& node, const Signer& signer) {
    return keys_.announce(node, signer, kSince, Patience(kTestPatience));
  }
  AnnouncedKeys read() { return keys_.read(Patience(kTestPatience)).value(); }
  std::vector<std::pair<std::string, std::string>> announced() {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& each : read().keys) found.emplace_back(each.node, each.key.id());
    return found;
  }
  std::size_t records() {
    std::size_t count = 0;
    EXPECT_TRUE(read_control(brokers_, name_, Patience(kTestPatience),
                             [&count](std::string_view key, const std::optional<std::string_view>&) {
                               if (key != "namespace") ++count;
                             }));
    return count;
  }

  const Brokers brokers_{testing::bootstrap(), {}};
  const std::string name_ = testing::unique_namespace();
  const std::uint64_t incarnation_;
  const NodeKeys keys_{brokers_, name_, incarnation_};
};

TEST_F(NodeKeysTest, AKeyIsAnnouncedOnceHoweverOftenTheNodeStarts) {
  const auto signer = Signer::temporary();
  const auto first = announce("one", signer);
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_THAT(first.value().keys, IsEmpty());
  for (int start = 0; start < 2; ++start) EXPECT_THAT(announce("one", signer).value().keys, SizeIs(1));
  EXPECT_EQ(records(), 1U);
  EXPECT_EQ(read().keys.at(0).since, kSince);
}

TEST_F(NodeKeysTest, KeysOfSeveralNodesAndOfOneNodeStandBesideEachOther) {
  std::vector<Signer> signers;
  std::vector<std::pair<std::string, std::string>> expected;
  log::PublicKeys all;
  for (const std::string node : {"two", "one", "one"}) {
    signers.push_back(Signer::temporary());
    ASSERT_TRUE(announce(node, signers.back()));
    expected.emplace_back(node, signers.back().public_key().id());
    all.add(signers.back().public_key());
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(announced(), expected);
  EXPECT_EQ(read().all().pem(), all.pem());
  EXPECT_EQ(check_topics(brokers_, name_, kTestPatience).value().incarnation, incarnation_)
      << "the namespace is as was";
}

TEST_F(NodeKeysTest, NodesThatStartAtOnceAreAllAnnounced) {
  constexpr int kNodes = 6;
  std::vector<std::thread> nodes;
  for (int i = 0; i < kNodes; ++i)
    nodes.emplace_back([this, i] { EXPECT_TRUE(announce("node-" + std::to_string(i), Signer::temporary())); });
  for (auto& each : nodes) each.join();
  EXPECT_THAT(announced(), SizeIs(kNodes));
}

TEST_F(NodeKeysTest, ARecordThatIsNoAnnouncementIsLeftOutAndTheGoodOneStays) {
  const auto signer = Signer::temporary(), eve = Signer::temporary();
  ASSERT_TRUE(announce("one", signer));
  const auto foreign = announcement(eve, "one", kSince, incarnation_ + 1);
  const std::vector<std::pair<std::string, std::string>> planted = {{key_of("one", signer), "{}"},
                                                                    {key_of("one", eve), foreign}};
  for (const auto& [key, value] : planted)
    ASSERT_TRUE(write_control(brokers_, name_, key, value, Patience(kTestPatience)));
  EXPECT_THAT(announced(), ElementsAre(Pair("one", signer.public_key().id())));
  EXPECT_THAT(read().refused, SizeIs(2));
  EXPECT_THAT(announce("one", signer).value().keys, SizeIs(1));
}

TEST_F(NodeKeysTest, DescribeNamesThem) {
  const auto signer = Signer::temporary();
  ASSERT_TRUE(announce("one", signer));
  const auto described = describe_topics(brokers_, name_, kTestPatience).value();
  ASSERT_THAT(described.signing_keys, SizeIs(1));
  EXPECT_EQ(described.signing_keys[0].node, "one");
  EXPECT_EQ(described.signing_keys[0].id, signer.public_key().id());
  EXPECT_EQ(described.signing_keys[0].since, kSince);
}

Result<AnnouncedKeys> announce_at(testing::MockBrokers& mock, const Signer& signer, Duration patience) {
  return NodeKeys(mock.brokers(), "x", kIncarnation).announce("one", signer, kSince, Patience(patience));
}

TEST(NodeKeysAtBadBrokers, WhatARequestMeetsIsMetAgain) {
  for (const auto error : {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS}) {
    testing::MockBrokers mock("x");
    const auto signer = Signer::temporary();
    mock.fail(testing::requests::kProduce, error);
    ASSERT_TRUE(announce_at(mock, signer, kTestPatience)) << rd_kafka_err2name(error);
    EXPECT_THAT(announce_at(mock, signer, kTestPatience).value().keys, SizeIs(1));
  }
}

TEST(NodeKeysAtBadBrokers, AKeyThatCouldNotBeAnnouncedIsSaidToBeSo) {
  testing::MockBrokers mock("x");
  mock.fail(testing::requests::kProduce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  EXPECT_EQ(announce_at(mock, Signer::temporary(), kTestPatience).error().code, "kafka.denied");
  mock.fail(testing::requests::kProduce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 10'000);
  EXPECT_EQ(announce_at(mock, Signer::temporary(), seconds(2)).error().code, "kafka.unreachable");
  mock.set_down();
  EXPECT_EQ(announce_at(mock, Signer::temporary(), seconds(1)).error().code, "kafka.unreachable");
}

}  // namespace
}  // namespace hub::kafka
