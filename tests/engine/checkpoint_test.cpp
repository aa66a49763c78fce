#include <gmock/gmock.h>

#include "events/log/audit.hpp"
#include "tests/engine/bench.hpp"

namespace hub::test {
namespace {

/// A runner that signs what it writes.
class Checkpoints : public ::testing::Test {
 protected:
  Checkpoints() {
    engine::RunnerOptions options;
    options.checkpoint = [this](PartitionId partition, const log::Head& head, Instant now) {
      std::vector<log::Head> heads;
      for (PartitionId id = 0; id < bench->log->partitions(); ++id) heads.push_back(bench->log->head(id));
      return log::make_checkpoint(signer, partition, head, heads, now);
    };
    options.has_room = [this] { return has_room; };
    bench.emplace(std::move(options));
  }
  log::AuditReport audit() { return log::verify(*bench->log, signer.public_key()); }

  log::Signer signer = log::Signer::temporary();
  bool has_room = true;
  std::optional<Bench> bench;
};

TEST_F(Checkpoints, AreWrittenAtMostOnceASecondAndPartition) {
  const auto id = Bench::id(1);
  bench->send(id, Add{1});
  bench->send(id, Add{1});
  EXPECT_EQ(audit().checkpoints, 1U);
  bench->now = bench->now + seconds(1);
  bench->send(id, Add{1});
  EXPECT_EQ(audit().checkpoints, 2U);
}

TEST_F(Checkpoints, GoOnWhenTheClockIsSetBack) {
  const auto id = Bench::id(1);
  bench->send(id, Add{1});
  bench->now = bench->now - seconds(3'600);
  bench->send(id, Add{1});
  EXPECT_EQ(audit().checkpoints, 2U);
}

TEST_F(Checkpoints, TheLastOneSignsEveryPartitionByOneRecord) {
  for (int number = 0; number < 20; ++number) bench->send(Bench::id(number), Add{1});
  const auto before = audit();
  ASSERT_GT(before.unsigned_records(), 0U);
  EXPECT_TRUE(bench->runner->sign_heads());
  const auto report = audit();
  ASSERT_FALSE(report.fault) << report.fault->reason;
  EXPECT_EQ(report.unsigned_records(), 0U);
  EXPECT_EQ(report.records, before.records + 1);
}

TEST_F(Checkpoints, TheRowsOfTheLastOneAreStoredSoThatNothingIsLeftToFold) {
  bench->send(Bench::id(1), Add{1});
  ASSERT_TRUE(bench->runner->sign_heads());
  for (PartitionId partition = 0; partition < bench->log->partitions(); ++partition)
    EXPECT_EQ(bench->store->head(partition), bench->log->head(partition));
}

TEST_F(Checkpoints, NothingIsSignedAtTheEndOnAFullDisk) {
  bench->send(Bench::id(1), Add{1});
  const auto before = audit();
  has_room = false;
  EXPECT_FALSE(bench->runner->sign_heads());
  EXPECT_EQ(audit().records, before.records);
}

}  // namespace
}  // namespace hub::test
