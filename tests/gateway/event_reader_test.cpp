// Cursors of a log that several nodes share.
#include "gateway/routes/event_reader.hpp"

#include <gtest/gtest.h>

#include "events/log/embedded_log.hpp"
#include "tests/simulation/forwarding_log.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::routes {
namespace {

/// One that another node writes to as soon as somebody here waits for it.
class SharedLog final : public simulation::ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;
  bool is_shared() const override { return shared; }
  std::uint64_t watch(Watcher watcher) override {
    const auto id = inner().watch(std::move(watcher));
    HUB_ASSERT(inner().claim(1, "another").has_value());
    return id;
  }

  bool shared = true;
};

class CursorTest : public ::testing::Test {
 protected:
  CursorTest() : log_(log::open_embedded_log({folder_.path() / "log", 4, false, true, 4 << 20, nullptr}).value()) {
    cursor_ = cursor_at_head(log_);
  }

  test::TempFolder folder_;
  SharedLog log_;
  Cursor cursor_;
};

TEST_F(CursorTest, OneThatAnotherNodeGaveOutIsWaitedForUntilWhatItCoversIsReadHere) {
  ++cursor_.seqs[1];
  EXPECT_TRUE(is_of(cursor_, log_));
}

TEST_F(CursorTest, OneThatIsAheadOfALogOfOnesOwnIsOfAnotherPast) {
  log_.shared = false;
  ++cursor_.seqs[1];
  EXPECT_FALSE(is_of(cursor_, log_));
}

TEST_F(CursorTest, OneThatStaysAheadIsOfAnotherPastAlsoOfASharedLog) {
  cursor_.seqs[2] += 1'000;
  EXPECT_FALSE(is_of(cursor_, log_));
}

}  // namespace
}  // namespace hub::routes
