#include "adapters/agents/line_sender.hpp"

#include <gmock/gmock.h>

#include <future>

#include "adapters/providers/local/kept_output.hpp"
#include "events/core/ids.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::agents {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kDeadline = std::chrono::seconds(20);

std::vector<std::uint64_t> seqs_of(const Lines& lines) {
  std::vector<std::uint64_t> seqs;
  for (const auto& line : lines.lines) seqs.push_back(line.seq);
  return seqs;
}

class LineSenderTest : public ::testing::Test {
 protected:
  void write(std::uint64_t first, std::uint64_t last) {
    std::vector<providers::LogLine> lines;
    for (auto seq = first; seq <= last; ++seq) lines.push_back({seq, Instant{1'000}, false, false, "x"});
    ASSERT_TRUE(output_.keep_lines(id_, lines));
  }
  /// The next message that is sent.
  Lines sent() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kDeadline, [this] { return !sent_.empty(); }));
    if (sent_.empty()) return {};
    auto first = std::move(sent_.front());
    sent_.pop_front();
    return first;
  }
  void told() {
    {
      const std::lock_guard lock(mutex_);
      ++told_;
    }
    changed_.notify_all();
  }
  bool is_told() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [this] { return told_ > 0; });
  }
  int told_now() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  test::TempFolder folder_;
  const std::string id_ = derive_id("dep_", "command", 0);
  providers::local::KeptOutput output_{folder_.path()};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Lines> sent_;
  int told_ = 0;
  LineSender sender_{output_, [this](const Lines& lines) {
                       {
                         const std::lock_guard lock(mutex_);
                         sent_.push_back(lines);
                       }
                       changed_.notify_all();
                     }};
};

TEST_F(LineSenderTest, AsksWhatIsKeptAndSendsWhatIsBehindIt) {
  write(1, 5);
  sender_.connected({id_});
  EXPECT_THAT(seqs_of(sent()), IsEmpty());
  sender_.kept(id_, 3);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(4, 5));
  write(6, 6);
  sender_.kept(id_, 5);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(6));
}

TEST_F(LineSenderTest, SendsNothingBehindAMessageThatIsNotAnswered) {
  write(1, 1);
  sender_.connected({id_});
  sent();
  sender_.kept(id_, 0);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(1));
  write(2, 2);
  sender_.grown(id_);
  const auto other = derive_id("dep_", "other", 0);
  sender_.grown(other);
  EXPECT_EQ(sent().deployment, other) << "that one was looked at before this one";
  sender_.kept(id_, 1);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(2)) << "once, and behind the answer";
}

TEST_F(LineSenderTest, BehindANewConnectionItGoesOnWhereTheOtherSideStands) {
  write(1, 4);
  sender_.connected({id_});
  sent();
  sender_.kept(id_, 0);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(1, 2, 3, 4));
  sender_.cut();
  sender_.kept(id_, 4);  // of the connection that is no more
  sender_.connected({id_});
  EXPECT_THAT(seqs_of(sent()), IsEmpty());
  sender_.kept(id_, 2);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(3, 4));
}

TEST_F(LineSenderTest, WhatIsToldBehindTheOutputWaitsUntilItIsKept) {
  write(1, 2);
  sender_.connected({id_});
  sender_.behind(id_, [this] { told(); });
  sent();
  sender_.kept(id_, 0);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(1, 2));
  EXPECT_EQ(told_now(), 0);
  sender_.kept(id_, 2);
  EXPECT_TRUE(is_told());
}

TEST_F(LineSenderTest, WhatIsToldBehindOutputThatIsNotThereIsToldAtOnce) {
  sender_.connected({});
  sender_.behind(id_, [this] { told(); });
  sent();
  sender_.kept(id_, 0);
  EXPECT_TRUE(is_told());
}

TEST_F(LineSenderTest, WhatWaitsIsForgottenWithTheConnection) {
  write(1, 1);
  sender_.connected({id_});
  sender_.behind(id_, [this] { told(); });
  sent();
  sender_.cut();
  sender_.connected({id_});
  sent();
  sender_.kept(id_, 1);
  write(2, 2);
  sender_.grown(id_);
  EXPECT_THAT(seqs_of(sent()), ElementsAre(2));
  EXPECT_EQ(told_now(), 0);
}

TEST_F(LineSenderTest, NoMoreThanSoMuchIsOnItsWayOfAllTogether) {
  const std::size_t deployments = 2 * LineSender::kUnkeptBytesMax / telemetry::kBytesPerMessage;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < deployments; ++i) {
    ids.push_back(derive_id("dep_", "command", static_cast<std::uint32_t>(i + 1)));
    std::vector<providers::LogLine> lines;
    for (std::uint64_t seq = 1; seq <= 4; ++seq)
      lines.push_back({seq, Instant{1'000}, false, true, std::string(64 << 10, 'x')});
    ASSERT_TRUE(output_.keep_lines(ids.back(), lines));
  }
  sender_.connected(ids);
  for (std::size_t i = 0; i < deployments; ++i) sent();
  for (const auto& id : ids) sender_.kept(id, 0);
  std::size_t bytes = 0;
  std::vector<Lines> under_way;
  while (bytes < LineSender::kUnkeptBytesMax) {
    under_way.push_back(sent());
    for (const auto& line : under_way.back().lines) bytes += line.text.size();
  }
  {
    const std::lock_guard lock(mutex_);
    EXPECT_THAT(sent_, IsEmpty()) << "the others wait";
  }
  sender_.kept(under_way.front().deployment, under_way.front().lines.back().seq);
  EXPECT_FALSE(sent().lines.empty()) << "until there is room";
}

TEST(LineSenderEnd, NothingOfADeploymentIsSentBehindTheWordThatItIsGone) {
  const test::TempFolder folder;
  providers::local::KeptOutput output(folder.path());
  const auto id = derive_id("dep_", "command", 0);
  std::promise<void> sending, over;
  LineSender sender(output, [&](const Lines&) {
    sending.set_value();
    EXPECT_EQ(over.get_future().wait_for(kDeadline), std::future_status::ready);
  });
  sender.connected({id});
  ASSERT_EQ(sending.get_future().wait_for(kDeadline), std::future_status::ready);
  const auto removed = std::async(std::launch::async, [&] { sender.removed(id); });
  EXPECT_EQ(removed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout) << "one is on its way";
  over.set_value();
  EXPECT_EQ(removed.wait_for(kDeadline), std::future_status::ready);
}

}  // namespace
}  // namespace hub::agents
