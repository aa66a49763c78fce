#include "events/kafka/group_member.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "tests/kafka/mock_brokers.hpp"

namespace hub::kafka {
namespace {

constexpr std::chrono::seconds kDeadline{60};
// The more there are the longer the client takes to stop them all.
constexpr PartitionId kPartitions = 256;
constexpr std::string_view kTopic = "many";

/// What a member was told.
class Told {
 public:
  GroupMember::Handler handler() {
    GroupMember::Handler handler;
    handler.assigned = [this](const std::vector<PartitionId>& given, bool) { note([&] { assigned_ = given.size(); }); };
    handler.revoked = [] {};
    handler.message = [this](std::uint64_t session, const rd_kafka_message_t&) {
      note([&] { read_ = std::max(read_, session); });
    };
    handler.truncated = [](PartitionId) {};
    handler.expelled = [] {};
    return handler;
  }
  bool await_assigned(std::size_t count) {
    return await([&] { return assigned_ == count; });
  }
  /// Whether something was read since that session began.
  bool await_read(std::uint64_t session) {
    return await([&] { return read_ >= session; });
  }

 private:
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  template <class Condition>
  bool await(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t assigned_ = 0;
  std::uint64_t read_ = 0;
};

void fill(const Brokers& brokers, const std::string& topic) {
  constexpr int kEach = 10;
  auto conf = make_conf(brokers, kQuiet);
  const auto producer = make_client(RD_KAFKA_PRODUCER, std::move(conf).value()).value();
  const std::unique_ptr<rd_kafka_topic_t, Destroyer<rd_kafka_topic_destroy>> to(
      rd_kafka_topic_new(producer.get(), topic.c_str(), nullptr));
  char value = 'x';
  for (std::int32_t partition = 0; partition < static_cast<std::int32_t>(kPartitions); ++partition)
    for (int i = 0; i < kEach; ++i)
      ASSERT_EQ(rd_kafka_produce(to.get(), partition, RD_KAFKA_MSG_F_COPY, &value, 1, nullptr, 0, nullptr), 0);
  ASSERT_EQ(rd_kafka_flush(producer.get(), std::chrono::milliseconds(kDeadline).count()), RD_KAFKA_RESP_ERR_NO_ERROR);
}

// The client ends the process when it is given an assignment while it stops another.
TEST(GroupMember, PartitionsThatAreBegunAnewAgainAndAgainWhileTheyAreReadAreRead) {
  testing::MockBrokers mock("ns");
  MemberOptions options;
  options.brokers = mock.brokers();
  options.topic = options.group = kTopic;
  options.instance = "one";
  mock.create_topic(options.topic, kPartitions);
  fill(options.brokers, options.topic);
  Told told;
  const auto member = GroupMember::join(options, told.handler()).value();
  ASSERT_TRUE(told.await_assigned(kPartitions));
  for (PartitionId partition = 0; partition < kPartitions; ++partition) member->begin(partition, 1, 0);
  ASSERT_TRUE(told.await_read(1));
  constexpr std::uint64_t kTimes = 2'000, kReadEach = 200;
  for (std::uint64_t session = 2; session <= kTimes; ++session) {
    member->begin(static_cast<PartitionId>(session % kPartitions), session, 0);
    if (session % kReadEach != 0) continue;
    ASSERT_TRUE(told.await_read(session));
  }
}

}  // namespace
}  // namespace hub::kafka
