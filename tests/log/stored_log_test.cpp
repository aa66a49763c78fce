#include "events/log/stored_log.hpp"

#include <gmock/gmock.h>

#include "events/log/claim.hpp"
#include "events/log/embedded_log.hpp"
#include "events/log/mirror.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

constexpr PartitionId kPartition = 1;
constexpr Instant kNoon{1'700'000'000'000'000};

/// The folder of a log of two partitions, of which one holds a claim, events, batches without records, and one of those
/// at its end.
class StoredLogTest : public ::testing::Test {
 protected:
  StoredLogTest() {
    const auto log = open_embedded_log({.folder = folder(), .partitions = 2}).value();
    auto head = log->claim(kPartition, "node").value();
    for (int i = 1; i <= 4; ++i) {
      std::vector<Record> records;
      if (i % 2 == 1) records = {event("dep_a", static_cast<Version>(i)), event("dep_b", static_cast<Version>(i))};
      const auto batch = sealed(batch_of(kPartition, head.epoch, std::move(records), wall_now()), head);
      EXPECT_EQ(log->append({batch}), Append::committed);
      written_.push_back(*batch);
    }
    head_ = head;
    incarnation_ = log->incarnation();
  }

  std::filesystem::path folder() const { return folder_.path() / "log"; }
  std::unique_ptr<StoredLog> open() { return StoredLog::open(folder()).value(); }
  Result<std::unique_ptr<Mirror>> mirror() { return open_mirror({folder(), 2, incarnation_}); }
  static std::vector<Batch> rest(StoredLog::Walk& walk) {
    std::vector<Batch> all;
    while (const auto batch = walk.next().value()) all.push_back(*batch);
    return all;
  }

  const TemporaryFolder folder_;
  std::vector<Batch> written_;
  Head head_;
  std::uint64_t incarnation_ = 0;
};

TEST_F(StoredLogTest, EveryBatchIsWalkedAlsoWhatHasNoRecordsAtTheEnd) {
  const auto log = open();
  EXPECT_EQ(log->head(kPartition), head_);
  EXPECT_EQ(log->records(), head_.seq);
  StoredLog::Walk walk(*log, kPartition);
  ASSERT_EQ(walk.next().value()->records.front().kind, RecordKind::claimed);
  EXPECT_EQ(rest(walk), written_);
  StoredLog::Walk other(*log, 0);
  EXPECT_THAT(rest(other), ::testing::IsEmpty());
}

TEST_F(StoredLogTest, AWalkGoesOnBehindAnyEndAndBehindNoOther) {
  const auto log = open();
  for (std::size_t i = 0; i < written_.size(); ++i) {
    StoredLog::Walk walk(*log, kPartition);
    ASSERT_TRUE(walk.go_behind(written_[i].end).value()) << i;
    EXPECT_EQ(rest(walk), std::vector<Batch>(written_.begin() + static_cast<std::ptrdiff_t>(i) + 1, written_.end()));
  }
  auto another = written_[1].end;
  another.hash[0] ^= 1U;
  EXPECT_FALSE(StoredLog::Walk(*log, kPartition).go_behind(another).value());
  EXPECT_FALSE(StoredLog::Walk(*log, 0).go_behind(written_[1].end).value());
}

TEST_F(StoredLogTest, AFolderIsTakenByOneAndMustHoldALog) {
  const auto log = open();
  EXPECT_EQ(StoredLog::open(folder()).error().code, "log.locked");
  EXPECT_EQ(StoredLog::open(folder_.path() / "nowhere").error().code, "log.absent");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "nowhere"));
}

TEST_F(StoredLogTest, ACopyTakesNothingButWhatComesFromElsewhereUntilItIsItsOwn) {
  open()->make_copy({"", "from here"});
  EXPECT_EQ(open_embedded_log({.folder = folder()}).error().code, "log.copy");
  EXPECT_TRUE(open_embedded_log({.folder = folder(), .read_only = true}));
  {
    const auto copy = mirror().value();
    EXPECT_EQ(copy->resume(kPartition), "from here");
    auto head = head_;
    const auto more = sealed(batch_of(kPartition, head.epoch, {event("dep_a", 5)}, wall_now()), head);
    ASSERT_TRUE(copy->take({{more, "from there"}}));
  }
  const auto log = open();
  EXPECT_TRUE(log->is_copy());
  EXPECT_EQ(log->resumes().value(), (std::vector<std::string>{"", "from there"}));
  log->make_own();
  EXPECT_FALSE(log->is_copy());
  EXPECT_EQ(log->resumes().value(), (std::vector<std::string>{"", ""}));
}

TEST_F(StoredLogTest, ALogOfItsOwnIsNotTakenForACopy) {
  EXPECT_EQ(mirror().error().code, "log.not_a_copy");
  open()->make_copy({"", ""});
  EXPECT_TRUE(mirror());
  open()->make_own();
  EXPECT_EQ(mirror().error().code, "log.not_a_copy");
  EXPECT_TRUE(open_embedded_log({.folder = folder()}));
}

}  // namespace
}  // namespace hub::log::testing
