#pragma once
// What the inputs of every log that nodes share keep. Include it in one test per implementation and instantiate
// InputsContract there.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>

#include "events/log/inputs.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {

/// A log with a session of some seconds, of which several nodes are opened at a time.
class InputsUnderTest {
 public:
  static constexpr std::uint32_t kPartitions = 4;
  virtual ~InputsUnderTest() = default;
  /// A node of this name; one of that name has ended.
  virtual Result<std::unique_ptr<Log>> open(const std::string& node) = 0;
  /// Lets time pass until it is so; false when it is not within many sessions.
  virtual bool wait(const std::function<bool()>& is_so) = 0;
};
struct InputsKind {
  std::string name;
  std::function<std::unique_ptr<InputsUnderTest>()> make;
};

inline void PrintTo(const InputsKind& kind, std::ostream* out) {
  *out << kind.name;
}

/// A node and what it has heard.
class InputsNode {
 public:
  struct Arrived {
    PartitionId partition = 0;
    std::uint64_t session = 0;
    std::uint64_t offset = 0;
    std::optional<Command> command;
  };
  InputsNode(InputsUnderTest& storage, std::string node) : name(std::move(node)), log(storage.open(name).value()) {
    Inputs::Handler handler;
    handler.assigned = [this](const std::vector<PartitionId>& partitions, bool goes_on) {
      const std::lock_guard lock(mutex_);
      told_.push_back(goes_on ? "goes on" : "anew");
      own_.assign(partitions.begin(), partitions.end());
    };
    handler.revoked = [this] {
      const std::lock_guard lock(mutex_);
      told_.emplace_back("revoked");
      own_.clear();
    };
    handler.arrived = [this](PartitionId partition, std::uint64_t session, std::uint64_t offset,
                             std::optional<Command> command) {
      const std::lock_guard lock(mutex_);
      arrived_.push_back({partition, session, offset, std::move(command)});
    };
    handler.truncated = [](PartitionId) {};
    handler.expelled = [](const Failure&) {};
    if (!log->inputs()->start(std::move(handler))) ADD_FAILURE() << name << " cannot take part";
  }
  ~InputsNode() { log->inputs()->stop(); }
  InputsNode(const InputsNode&) = delete;
  InputsNode& operator=(const InputsNode&) = delete;

  std::vector<PartitionId> own() const {
    const std::lock_guard lock(mutex_);
    return own_;
  }
  /// What it was told of its share, in order.
  std::vector<std::string> told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  std::vector<Arrived> arrived() const {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }
  /// "session:offset" of what arrived.
  std::vector<std::string> places() const {
    std::vector<std::string> places;
    for (const auto& each : arrived())
      places.push_back(std::to_string(each.session) + ":" + std::to_string(each.offset));
    return places;
  }
  void publish(PartitionId partition, const Command& command) {
    log->inputs()->publish(partition, command, [this](Delivery delivery) {
      const std::lock_guard lock(mutex_);
      deliveries_.push_back(delivery);
    });
  }
  std::vector<Delivery> deliveries() const {
    const std::lock_guard lock(mutex_);
    return deliveries_;
  }

  const std::string name;
  const std::unique_ptr<Log> log;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> told_;
  std::vector<PartitionId> own_;
  std::vector<Arrived> arrived_;
  std::vector<Delivery> deliveries_;
};

class InputsContract : public ::testing::TestWithParam<InputsKind> {
 protected:
  using Nodes = std::vector<const InputsNode*>;
  static constexpr auto kPartitions = InputsUnderTest::kPartitions;

  std::unique_ptr<InputsNode> node(const std::string& name) { return std::make_unique<InputsNode>(*storage_, name); }
  bool wait(const std::function<bool()>& is_so) { return storage_->wait(is_so); }
  /// Every partition is some one's of these alone, and each has its even share.
  bool is_shared_out(const Nodes& nodes) {
    return wait([&] {
      std::vector<PartitionId> all;
      for (const auto* each : nodes) {
        const auto own = each->own();
        if (own.size() != kPartitions / nodes.size()) return false;
        all.insert(all.end(), own.begin(), own.end());
      }
      std::sort(all.begin(), all.end());
      return all == std::vector<PartitionId>{0, 1, 2, 3};
    });
  }
  static Command command(const std::string& id) {
    Command command;
    // Of partition 2: what lies elsewhere than its entity belongs is nobody's.
    command.entity = derive_id_on_shard("dep_", 2 * kShards / kPartitions, "one", 0);
    command.type = "StopDeployment";
    command.data = R"({"why":"a ü \\ b"})";
    command.command_id = id;
    command.body_hash = std::string(32, '\0');
    command.actor = "user:ada";
    command.organisation = "one";
    command.project = "two";
    command.correlation_id = "three";
    command.deadline = {1'700'000'000'123'456};
    return command;
  }
  static BatchPtr batch_behind(PartitionId partition, Head head) {
    auto batch = batch_of(partition, head.epoch, {event("e", 1)});
    batch.end.consumed.push_back({std::string(kCommandsSource), 0});
    return sealed(std::move(batch), head);
  }

  std::unique_ptr<InputsUnderTest> storage_ = GetParam().make();
};

TEST_P(InputsContract, WhatIsPublishedArrivesWhereItsPartitionIsOwnedInOrderFromWhereItWasBegun) {
  const auto one = node("one");
  ASSERT_TRUE(is_shared_out({one.get()}));
  one->log->inputs()->begin(2, 7, 0);
  auto result = command("");
  result.source = Command::Source::effect;
  result.deadline = {};
  one->publish(1, command("of a partition that nobody reads"));
  for (const auto& each : {command("a"), command("b"), result}) one->publish(2, each);
  ASSERT_TRUE(wait([&] { return one->arrived().size() == 3 && one->deliveries().size() == 4; }));
  EXPECT_THAT(one->places(), ::testing::ElementsAre("7:0", "7:1", "7:2"));
  EXPECT_THAT(one->deliveries(), ::testing::Each(Delivery::there));
  for (const auto& each : one->arrived()) EXPECT_EQ(each.partition, 2U);
  EXPECT_EQ(one->arrived()[0].command, command("a"));
  EXPECT_EQ(one->arrived()[2].command, result);
  // Begun anew, it is read again from there on.
  one->log->inputs()->begin(2, 8, 1);
  ASSERT_TRUE(wait([&] { return one->arrived().size() == 5; }));
  EXPECT_THAT(one->places(), ::testing::ElementsAre("7:0", "7:1", "7:2", "8:1", "8:2"));
}

TEST_P(InputsContract, WhoeverJoinsHasItsShareAndWhoTookPartAllTheTimeIsToldSo) {
  const auto one = node("one");
  ASSERT_TRUE(is_shared_out({one.get()}));
  EXPECT_THAT(one->told(), ::testing::ElementsAre("anew"));
  const auto two = node("two");
  ASSERT_TRUE(is_shared_out({one.get(), two.get()}));
  EXPECT_THAT(one->told(), ::testing::Contains("revoked"));
  EXPECT_EQ(one->told().back(), "goes on");
  EXPECT_EQ(two->told().back(), "anew");
}

TEST_P(InputsContract, ANodeThatIsBackWithinItsSessionHasWhatItHadAndNobodyElseIsAsked) {
  const auto one = node("one");
  auto two = node("two");
  ASSERT_TRUE(is_shared_out({one.get(), two.get()}));
  const auto had = two->own();
  const auto told = one->told();
  two.reset();
  two = node("two");
  ASSERT_TRUE(is_shared_out({one.get(), two.get()}));
  EXPECT_EQ(two->own(), had);
  EXPECT_EQ(two->told().back(), "anew") << "others may have had it";
  EXPECT_EQ(one->told(), told);
}

TEST_P(InputsContract, ANodeThatEndsLosesItsShareWhenItsSessionIsOver) {
  const auto one = node("one");
  auto two = node("two");
  ASSERT_TRUE(is_shared_out({one.get(), two.get()}));
  const auto claimed = two->log->claim(two->own().front(), "two");
  ASSERT_TRUE(claimed);
  const auto partition = two->own().front();
  two.reset();
  ASSERT_TRUE(is_shared_out({one.get()}));
  EXPECT_EQ(one->told().back(), "goes on");
  const auto owner = one->log->claim(partition, "one");
  ASSERT_TRUE(owner);
  EXPECT_GT(owner.value().epoch, claimed.value().epoch);
  EXPECT_EQ(one->log->append({batch_behind(partition, owner.value())}), Append::committed);
}

TEST_P(InputsContract, WhatOneNodeHasWrittenCanBeReadAtAnotherWhenThatHasReadToTheEnd) {
  const auto one = node("one");
  ASSERT_TRUE(is_shared_out({one.get()}));
  const auto claimed = one->log->claim(2, "one");
  ASSERT_TRUE(claimed);
  const auto two = storage_->open("two").value();
  auto head = claimed.value();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(one->log->append({batch_behind(2, head)}), Append::committed);
    head = one->log->head(2);
    // Half of the time more than the one partition is asked for.
    const auto partitions = i % 2 == 0 ? std::vector<PartitionId>{2} : std::vector<PartitionId>{0, 1, 2, 3};
    const auto told = std::make_shared<std::atomic<int>>(0);
    two->when_read(partitions, [told](const Result<void>& read) { *told = read ? 1 : 2; });
    ASSERT_TRUE(wait([&] { return *told != 0; }));
    ASSERT_EQ(*told, 1);
    ASSERT_EQ(two->head(2), head) << i;
  }
}

inline std::string name_of_inputs(const ::testing::TestParamInfo<InputsKind>& info) {
  return info.param.name;
}

}  // namespace hub::log::testing
