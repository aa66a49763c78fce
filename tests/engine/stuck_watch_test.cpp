#include "actors/engine/stuck_watch.hpp"

#include <gtest/gtest.h>

namespace hub::engine {
namespace {

using std::chrono::milliseconds;

class StuckWatchTest : public testing::Test {
 protected:
  /// Looks for `time`, each second; whether the runner was taken for stuck.
  bool looks(milliseconds time, std::uint64_t inputs, std::size_t queued, bool waits) {
    bool stuck = false;
    for (milliseconds passed{0}; passed < time; passed += StuckWatch::kLookEvery) {
      now_ += StuckWatch::kLookEvery;
      stuck = watch_.is_stuck(inputs, queued, waits, now_) || stuck;
    }
    return stuck;
  }

  StuckWatch watch_;
  StuckWatch::Time now_;
};

TEST_F(StuckWatchTest, ARunnerThatFinishesNothingForTenSecondsAlthoughInputWaitsIsStuck) {
  EXPECT_FALSE(looks(milliseconds(11'000), 5, 1, false));
  EXPECT_TRUE(looks(milliseconds(1'000), 5, 1, false));
}

TEST_F(StuckWatchTest, OneThatHasNothingToDoOrGetsOnIsNot) {
  EXPECT_FALSE(looks(milliseconds(60'000), 5, 0, false));
  for (std::uint64_t inputs = 6; inputs < 20; ++inputs) EXPECT_FALSE(looks(milliseconds(9'000), inputs, 100, false));
}

TEST_F(StuckWatchTest, OneThatWaitedForOthersUntilAMomentAgoIsNot) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(looks(milliseconds(60'000), 5, 1, true));
    EXPECT_FALSE(looks(milliseconds(9'000), 5, 1, false));
  }
}

}  // namespace
}  // namespace hub::engine
