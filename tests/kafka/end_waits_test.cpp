// When a node may say that it has read all there is.
#include "events/kafka/end_waits.hpp"

#include <gtest/gtest.h>

#include <future>

namespace hub::kafka {
namespace {

constexpr std::chrono::seconds kDeadline{20};
constexpr Duration kPatience = seconds(10);
constexpr Duration kShort = milliseconds(50);
using Behind = EndWaits::Behind;
using Offsets = std::vector<std::int64_t>;

/// Brokers that say what they are told to, and count questions.
class Ends {
 public:
  explicit Ends(Offsets ends) : ends_(std::move(ends)) {}

  EndWaits::Ask ask() {
    return [this](const std::vector<PartitionId>& partitions) -> Result<Offsets> {
      std::unique_lock lock(mutex_);
      questions_ += 1;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !held_; });
      if (away_) return unavailable("kafka.unreachable", "away");
      Offsets answer;
      for (const auto id : partitions) answer.push_back(ends_.at(id));
      return answer;
    };
  }
  void set(PartitionId partition, std::int64_t end) {
    const std::lock_guard lock(mutex_);
    ends_.at(partition) = end;
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void go_away() {
    const std::lock_guard lock(mutex_);
    away_ = true;
  }
  int questions() {
    const std::lock_guard lock(mutex_);
    return questions_;
  }
  bool is_asked(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return questions_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Offsets ends_;
  int questions_ = 0;
  bool held_ = false;
  bool away_ = false;
};

struct Wait {
  Wait(EndWaits& waits, const std::vector<PartitionId>& partitions)
      : told(std::make_shared<std::promise<Result<void>>>()), future(told->get_future()) {
    waits.when_read(partitions, [told = told](Result<void> result) { told->set_value(std::move(result)); });
  }
  /// "read", or the code of the failure.
  std::string result() {
    if (future.wait_for(kDeadline) != std::future_status::ready) return "nothing";
    const auto result = future.get();
    return result ? "read" : result.error().code;
  }
  bool is_told() const { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

  std::shared_ptr<std::promise<Result<void>>> told;
  std::future<Result<void>> future;
};

TEST(EndWaits, WhatIsReadToItsEndIsReadAtOnce) {
  Ends ends({7, 9});
  EndWaits waits({7, 9}, kPatience, ends.ask());
  EXPECT_EQ(Wait(waits, {0, 1}).result(), "read");
}

TEST(EndWaits, WhatLayThereWhenItWasAskedIsWaitedFor) {
  Ends ends({10, 0});
  EndWaits waits({4, 0}, kPatience, ends.ask());
  Wait wait(waits, {0, 1});
  ASSERT_TRUE(ends.is_asked(1));
  waits.read_to(0, 8, Behind::record);
  EXPECT_FALSE(wait.is_told());
  waits.read_to(0, 10, Behind::end);
  EXPECT_EQ(wait.result(), "read");
}

TEST(EndWaits, TheMarkBehindTheLastRecordIsNotWaitedFor) {
  Ends ends({10});
  EndWaits waits({4}, kPatience, ends.ask());
  Wait wait(waits, {0});
  ASSERT_TRUE(ends.is_asked(1));
  waits.read_to(0, 9, Behind::record);
  EXPECT_EQ(wait.result(), "read");
  EXPECT_EQ(Wait(waits, {0}).result(), "read");
}

TEST(EndWaits, WhatLiesBehindTheEndOfWhatIsCommittedMayHaveBeenAnsweredAndIsWaitedFor) {
  Ends ends({10});
  EndWaits waits({4}, kShort, ends.ask());
  waits.read_to(0, 9, Behind::end);
  EXPECT_EQ(Wait(waits, {0}).result(), "log.behind");
}

TEST(EndWaits, ARecordBehindTheOneThatWasReadIsTakenForNoMark) {
  Ends ends({10});
  EndWaits waits({4}, kPatience, ends.ask());
  Wait wait(waits, {0});
  ASSERT_TRUE(ends.is_asked(1));
  // Two transactions, neither of whose marks was there when it was asked.
  ends.set(0, 12);
  waits.read_to(0, 9, Behind::record);
  ASSERT_TRUE(ends.is_asked(2));
  EXPECT_FALSE(wait.is_told());
  waits.read_to(0, 10, Behind::record);
  EXPECT_EQ(wait.result(), "read");
}

TEST(EndWaits, AThousandWhoWaitShareAFewQuestions) {
  Ends ends({10});
  ends.hold(true);
  EndWaits waits({10}, kPatience, ends.ask());
  std::vector<Wait> all;
  for (int i = 0; i < 1'000; ++i) all.emplace_back(waits, std::vector<PartitionId>{0});
  ends.hold(false);
  for (auto& each : all) EXPECT_EQ(each.result(), "read");
  EXPECT_LE(ends.questions(), 2);
}

TEST(EndWaits, AFloodOfMissesAsksTheBrokersNoMoreThanFiftyTimesASecond) {
  Ends ends({10});
  EndWaits waits({10}, kPatience, ends.ask());
  const auto begun = std::chrono::steady_clock::now();
  constexpr int kMisses = 20;
  for (int i = 0; i < kMisses; ++i) ASSERT_EQ(Wait(waits, {0}).result(), "read");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, (kMisses - 1) * kBetweenQuestions);
}

TEST(EndWaits, MoreThanMayWaitAreRefused) {
  Ends ends({10});
  ends.hold(true);
  EndWaits waits({4}, kPatience, ends.ask());
  std::vector<Wait> all;
  for (std::size_t i = 0; i < kEndWaitsMax; ++i) all.emplace_back(waits, std::vector<PartitionId>{0});
  EXPECT_EQ(Wait(waits, {0}).result(), "log.behind");
  ends.hold(false);
  ASSERT_TRUE(ends.is_asked(1));
  waits.read_to(0, 10, Behind::end);
  for (auto& each : all) ASSERT_EQ(each.result(), "read");
}

TEST(EndWaits, BrokersThatAreAwayAreNotWaitedForLongerThanTheCallersPatience) {
  Ends ends({10});
  ends.go_away();
  EndWaits waits({10}, kShort, ends.ask());
  EXPECT_EQ(Wait(waits, {0}).result(), "log.behind");
}

TEST(EndWaits, WhoStillWaitsWhenTheLogIsClosedIsTold) {
  Ends ends({10});
  auto waits = std::make_unique<EndWaits>(Offsets{4}, kPatience, ends.ask());
  Wait wait(*waits, {0});
  waits.reset();
  EXPECT_EQ(wait.result(), "log.behind");
}

}  // namespace
}  // namespace hub::kafka
