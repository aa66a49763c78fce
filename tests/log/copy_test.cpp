#include <gmock/gmock.h>

#include "events/log/audit.hpp"
#include "events/log/embedded_copy.hpp"
#include "events/log/mirror.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

constexpr Instant kNoon{1'700'000'000'000'000};

/// A log of two partitions in a folder, and room for its copy.
class CopyTest : public ::testing::Test {
 protected:
  CopyTest() {
    log_ = open_embedded_log({.folder = folder_.path() / "from", .partitions = 2}).value();
    for (PartitionId id = 0; id < 2; ++id) heads_.push_back(log_->claim(id, "node").value());
  }

  void append(PartitionId id, Instant at, std::vector<Record> records, std::vector<Consumed> consumed = {}) {
    auto batch = batch_of(id, heads_[id].epoch, std::move(records), at);
    batch.end.consumed = std::move(consumed);
    ASSERT_EQ(log_->append({sealed(std::move(batch), heads_[id])}), Append::committed);
  }
  Record checkpoint(PartitionId id) { return make_checkpoint(signer_, id, heads_[id], heads_, kNoon); }
  Result<Copied> copy(std::optional<Instant> until = std::nullopt) {
    log_.reset();
    return copy_embedded_log({folder_.path() / "from", folder_.path() / "to", until, false});
  }
  std::unique_ptr<Log> copied() {
    return open_embedded_log({.folder = folder_.path() / "to", .read_only = true}).value();
  }
  /// Later than the claims, which the log stamps by the wall clock.
  Instant later(std::int64_t n) { return wall_now() + seconds(n); }

  const TemporaryFolder folder_;
  std::unique_ptr<Log> log_;
  std::vector<Head> heads_;
  const Signer signer_ = Signer::temporary();
};

TEST_F(CopyTest, HasTheSameChainIndexesAndSignatures) {
  append(0, later(1), {event("a", 1)});
  append(1, later(1), {event("b", 1), checkpoint(1)});
  append(0, later(2), {event("a", 2), checkpoint(0)});
  const auto incarnation = log_->incarnation();
  ASSERT_EQ(copy().value().heads, heads_);
  const auto log = copied();
  EXPECT_EQ(log->history("a", 1, 10).value().size(), 2U);
  EXPECT_EQ(log->seq_at(0, later(10)).value(), heads_[0].seq);
  const auto report = verify(*log, signer_.public_key(), {}, Unsigned::allowed);
  EXPECT_FALSE(report.fault) << report.fault->reason;
  EXPECT_EQ(report.checkpoints, 2U);
  EXPECT_NE(log->incarnation(), incarnation) << "a cursor of the original is none of the copy";
}

TEST_F(CopyTest, KeepsBatchesWithoutRecordsAlsoTheLast) {
  append(0, later(1), {}, {{"0", 1}});
  append(0, later(2), {event("a", 1)});
  append(0, later(3), {}, {{"0", 2}});
  const auto made = copy().value();
  EXPECT_EQ(made.heads, heads_);
  EXPECT_EQ(copied()->head(0), heads_[0]);
}

TEST_F(CopyTest, EndsWithTheBatchesOfAMoment) {
  append(0, later(1), {event("a", 1)});
  append(0, later(20), {event("a", 2)});
  append(0, later(30), {event("a", 3)});
  ASSERT_TRUE(copy(later(20) + seconds(5)));
  EXPECT_EQ(copied()->history("a", 1, 10).value().size(), 2U);
}

TEST_F(CopyTest, IsNoShorterThanItsOwnSignaturesSay) {
  append(1, later(20), {event("b", 1)});
  append(0, later(10), {event("a", 1), checkpoint(0)});
  ASSERT_TRUE(copy(later(15)));
  const auto log = copied();
  EXPECT_EQ(log->history("b", 1, 10).value().size(), 1U) << "later than the moment, and signed within it";
  const auto report = verify(*log, signer_.public_key(), {}, Unsigned::allowed);
  EXPECT_FALSE(report.fault) << report.fault->reason;
}

TEST_F(CopyTest, IsNotMadeOverALog) {
  ASSERT_TRUE(copy());
  const auto again = copy();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "log.present");
}

TEST_F(CopyTest, NeedsTheOriginalToBeClosed) {
  const auto made = copy_embedded_log({folder_.path() / "from", folder_.path() / "to", std::nullopt, false});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "log.locked");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "to"));
}

TEST_F(CopyTest, OfACopyOfASharedLogGoesOnReadingThatWhereItIsToStayOne) {
  const auto from = folder_.path() / "shared", to = folder_.path() / "other", own = folder_.path() / "own";
  constexpr std::uint64_t kIncarnation = 42;
  const auto mirror_in = [](const std::filesystem::path& folder) { return open_mirror({folder, 2, kIncarnation}); };
  Head head;
  {
    auto mirror = mirror_in(from).value();
    auto batch = batch_of(1, 1, {event("a", 1)}, later(1));
    ASSERT_TRUE(mirror->take({{sealed(std::move(batch), head), "offset 17"}}));
  }
  ASSERT_TRUE(copy_embedded_log({from, to, std::nullopt, true}));
  auto mirror = mirror_in(to).value();
  EXPECT_EQ(mirror->head(1), head);
  EXPECT_EQ(mirror->resume(1), "offset 17");
  EXPECT_EQ(mirror->resume(0), "");
  mirror.reset();
  // Nothing is added to it here.
  EXPECT_EQ(open_embedded_log({.folder = to}).error().code, "log.copy");
  // What may go on otherwise is another log.
  ASSERT_TRUE(copy_embedded_log({from, own, std::nullopt, false}));
  EXPECT_EQ(mirror_in(own).error().code, "log.other");
}

TEST_F(CopyTest, OfALogOfItsOwnIsAnotherLogAlways) {
  append(0, later(1), {event("a", 1)});
  const auto incarnation = log_->incarnation();
  log_.reset();
  ASSERT_TRUE(copy_embedded_log({folder_.path() / "from", folder_.path() / "to", std::nullopt, true}));
  EXPECT_NE(copied()->incarnation(), incarnation);
}

}  // namespace
}  // namespace hub::log::testing
