#include "gateway/server/key_watch.hpp"

#include <gmock/gmock.h>

#include <future>

#include "events/core/logging.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/simulated_log.hpp"
#include "tests/log/samples.hpp"

namespace hub::server {
namespace {

using log::PublicKeys;
using log::Signer;

constexpr std::chrono::seconds kDeadline{30};

/// Counts the lines of one level.
class CountedLines final : public logging::Sink {
 public:
  CountedLines() { logging::set_sink(this); }
  ~CountedLines() override { logging::set_sink(nullptr); }
  bool wants(logging::Level) const override { return true; }
  void write(logging::Level level, std::string_view, logging::Fields fields) override {
    std::string text;
    logging::append_text(text, "", fields);
    const std::lock_guard lock(mutex_);
    if (level == logging::Level::error) errors_.push_back(text);
  }
  void flush() override {}
  std::vector<std::string> errors() {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> errors_;
};

/// A watch on a log of two partitions; what is announced is what the test says, and what is kept is kept here.
class KeyWatchTest : public ::testing::Test {
 protected:
  KeyWatchTest() {
    for (PartitionId partition = 0; partition < 2; ++partition)
      heads_.push_back(log_->claim(partition, "node").value());
  }

  void watch() {
    KeyWatch::Options options;
    options.wait_first = std::chrono::milliseconds(1);
    options.announced = [this]() -> Result<PublicKeys> {
      const std::lock_guard lock(mutex_);
      ++looks_;
      changed_.notify_all();
      if (away_) return unavailable("kafka.unreachable", "no broker");
      return announced_;
    };
    options.keep = [this](const PublicKeys& keys) -> Result<void> {
      const std::lock_guard lock(mutex_);
      kept_ = keys;
      changed_.notify_all();
      return success();
    };
    watch_ = std::make_unique<KeyWatch>(*log_, own_.public_key(), std::move(options));
  }
  void sign(PartitionId partition, const Signer& signer) {
    auto& head = heads_[partition];
    const auto checkpoint = log::make_checkpoint(signer, partition, head, heads_, head.index_time);
    ASSERT_EQ(log_->append({log::testing::sealed(log::testing::batch_of(partition, head.epoch, {checkpoint}), head)}),
              log::Append::committed);
  }
  void announce(const Signer& signer) {
    const std::lock_guard lock(mutex_);
    announced_.add(signer.public_key());
  }
  void set_away(bool away) {
    const std::lock_guard lock(mutex_);
    away_ = away;
  }
  template <class Condition>
  bool comes(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, condition);
  }
  bool is_kept(const Signer& signer) {
    return comes([&] { return kept_.find(signer.public_key().id()) != nullptr; });
  }
  bool has_looked(int more) {
    const int goal = [&] {
      const std::lock_guard lock(mutex_);
      return looks_ + more;
    }();
    return comes([&] { return looks_ >= goal; });
  }

  const Signer own_ = Signer::temporary(), other_ = Signer::temporary();
  log::SimulatedLog storage_{1, 2};
  std::unique_ptr<log::Log> log_ = storage_.open();
  std::vector<log::Head> heads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  PublicKeys announced_, kept_;
  int looks_ = 0;
  bool away_ = false;
  CountedLines lines_;
  std::unique_ptr<KeyWatch> watch_;  // ends first
};

TEST_F(KeyWatchTest, AnUpdateKeepsWhatIsAnnouncedBesideWhatIsKnown) {
  announce(other_);
  watch();
  ASSERT_TRUE(watch_->update());
  EXPECT_NE(kept_.find(own_.public_key().id()), nullptr);
  EXPECT_NE(kept_.find(other_.public_key().id()), nullptr);
}

TEST_F(KeyWatchTest, ACheckpointByAnotherNodesKeyHasTheKeysReadAgain) {
  watch();
  announce(other_);
  sign(1, other_);
  EXPECT_TRUE(is_kept(other_));
}

TEST_F(KeyWatchTest, KnownKeysAreNotLookedFor) {
  announce(other_);
  watch();
  ASSERT_TRUE(watch_->update());
  for (int i = 0; i < 20; ++i) {
    sign(0, own_);
    sign(1, other_);
  }
  watch_.reset();
  EXPECT_EQ(looks_, 1);
}

TEST_F(KeyWatchTest, AKeyIsLookedForUntilItIsAnnouncedAndTheBrokersAnswer) {
  set_away(true);
  watch();
  sign(1, other_);
  ASSERT_TRUE(has_looked(3));
  set_away(false);
  ASSERT_TRUE(has_looked(2));
  announce(other_);
  EXPECT_TRUE(is_kept(other_));
  EXPECT_FALSE(watch_->update().has_error());
}

TEST_F(KeyWatchTest, AKeyThatNobodyAnnouncesIsSaidOnceWithThePlaceWhereItBegan) {
  watch();
  sign(1, other_);
  const auto began = to_text(Position{1, heads_[1].seq});
  sign(1, other_);
  ASSERT_TRUE(has_looked(KeyWatch::kLooksInVain + 3));
  const auto errors = lines_.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0], ::testing::HasSubstr(other_.public_key().id()));
  EXPECT_THAT(errors[0], ::testing::HasSubstr("position=" + began));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(kept_.find(other_.public_key().id()), nullptr);
}

TEST_F(KeyWatchTest, ManyUnknownKeysTakeABoundedPlace) {
  set_away(true);
  watch();
  for (std::size_t i = 0; i < KeyWatch::kStrangersMax; ++i) sign(0, Signer::temporary());
  // One too many: it is not looked for until the others are found.
  sign(0, other_);
  set_away(false);
  ASSERT_TRUE(has_looked(KeyWatch::kLooksInVain + 3));
  EXPECT_EQ(lines_.errors().size(), KeyWatch::kStrangersMax);
}

TEST_F(KeyWatchTest, AWatchThatWaitsForAnotherLookEndsAtOnce) {
  KeyWatch::Options options;
  options.wait_first = std::chrono::hours(1);
  std::promise<void> looked;
  options.announced = [&]() -> Result<PublicKeys> {
    looked.set_value();
    return PublicKeys();
  };
  options.keep = [](const PublicKeys&) -> Result<void> { return success(); };
  watch_ = std::make_unique<KeyWatch>(*log_, own_.public_key(), std::move(options));
  sign(0, other_);
  ASSERT_EQ(looked.get_future().wait_for(kDeadline), std::future_status::ready);
  watch_.reset();
}

}  // namespace
}  // namespace hub::server
