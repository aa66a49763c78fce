#include "actors/engine/batch_limit.hpp"

#include <gtest/gtest.h>

#include "tests/engine/bench.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kMax = 8'000;

TEST(BatchLimit, BatchesGrowWhileThereIsABacklogAndTheyAreQuick) {
  BatchLimit limit(kMax);
  for (int i = 0; i < 10; ++i) limit.learn(limit.now(), milliseconds(20));
  EXPECT_EQ(limit.now(), kMax);
}

TEST(BatchLimit, ABatchThatWasNotFullTellsNothingOfALargerOne) {
  BatchLimit limit(kMax);
  limit.learn(limit.now() - 1, milliseconds(1));
  EXPECT_EQ(limit.now(), BatchLimit::kInputsAtFirst);
}

TEST(BatchLimit, ASlowBatchIsFollowedByOneThatWouldHaveFitted) {
  BatchLimit limit(kMax);
  limit.learn(1'000, seconds(1));
  EXPECT_EQ(limit.now(), 200U);
  limit.learn(200, milliseconds(150));
  EXPECT_EQ(limit.now(), 200U);
}

TEST(BatchLimit, HoweverSlowTheLogIsSomethingIsTaken) {
  BatchLimit limit(kMax);
  for (int i = 0; i < 20; ++i) limit.learn(limit.now(), seconds(7));
  EXPECT_EQ(limit.now(), BatchLimit::kInputsMin);
}

TEST(BatchLimit, AClockThatIsSetBackTellsNothing) {
  BatchLimit limit(kMax);
  limit.learn(limit.now(), Duration{-1});
  EXPECT_EQ(limit.now(), BatchLimit::kInputsAtFirst);
}

TEST(Runner, BehindASlowBatchASmallerOneIsDecided) {
  constexpr int kCommands = 300;
  test::Bench bench;
  // Each batch looks at the clock when it begins and when it is over.
  bench.set_back_each_look = Duration{-milliseconds(400).micros};
  const auto submit = [&] {
    for (int i = 0; i < kCommands; ++i) ASSERT_TRUE(bench.submit(test::Bench::id(i), test::Add{1}));
  };
  submit();
  ASSERT_TRUE(bench.runner->step());
  ASSERT_EQ(bench.runner->metrics().inputs, 300U) << "what was slow was one batch";
  submit();
  ASSERT_TRUE(bench.runner->step());
  EXPECT_LE(bench.runner->metrics().inputs, 300U + 150U);
  bench.run();
  EXPECT_EQ(bench.runner->metrics().inputs, 600U);
}

}  // namespace
}  // namespace hub::engine
