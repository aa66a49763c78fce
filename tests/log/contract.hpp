#pragma once
// What every log keeps. Include it in one test per implementation and instantiate LogContract there.
#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <thread>

#include "events/log/claim.hpp"
#include "events/log/cloud_event.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {

/// Storage of which logs are opened, one after the other.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  /// Nothing else has it open. `partitions` counts only for the first.
  virtual Result<std::unique_ptr<Log>> open(std::uint32_t partitions) = 0;
};
struct LogKind {
  std::string name;
  std::function<std::unique_ptr<LogUnderTest>()> make;
  bool threads = true;  ///< may be called from several threads at once
};

inline void PrintTo(const LogKind& kind, std::ostream* out) {
  *out << kind.name;
}

class LogContract : public ::testing::TestWithParam<LogKind> {
 protected:
  static constexpr std::uint32_t kPartitions = 4;

  LogContract() { reopen(); }
  void reopen(std::uint32_t partitions = kPartitions) {
    log_.reset();
    auto opened = storage_->open(partitions);
    ASSERT_TRUE(opened) << opened.error().detail;
    log_ = std::move(opened).value();
  }
  Head claimed(PartitionId partition) { return log_->claim(partition, "node-1").value(); }
  void commit(const std::vector<BatchPtr>& batches) { ASSERT_EQ(log_->append(batches), Append::committed); }
  std::vector<Batch> contents(PartitionId partition, std::size_t bytes_max = 1 << 20) {
    std::vector<Batch> batches;
    const auto read = read_all(*log_, partition, bytes_max);
    if (!read) ADD_FAILURE() << read.error().detail;
    if (read)
      for (const auto& batch : read.value()) batches.push_back(*batch);
    return batches;
  }
  static Instant at(std::int64_t second) { return {1'700'000'000'000'000 + second * 1'000'000}; }

  std::unique_ptr<LogUnderTest> storage_ = GetParam().make();
  std::unique_ptr<Log> log_;
};

TEST_P(LogContract, ANewLogIsEmpty) {
  EXPECT_EQ(log_->partitions(), kPartitions);
  EXPECT_NE(log_->incarnation(), 0U);
  for (PartitionId partition = 0; partition < kPartitions; ++partition) {
    EXPECT_EQ(log_->head(partition), Head{});
    EXPECT_TRUE(log_->read(partition, 1, 1'000).value().empty());
    EXPECT_EQ(log_->seq_at(partition, at(0)).value(), 0U);
  }
}

TEST_P(LogContract, EachClaimHasAHigherEpochAndIsARecord) {
  const auto first = log_->claim(2, "node-1").value(), second = log_->claim(2, "node-2").value();
  EXPECT_EQ(first.epoch, 1U);
  EXPECT_EQ(second.epoch, 2U);
  EXPECT_EQ(log_->head(2), second);
  const auto batches = contents(2);
  ASSERT_EQ(batches.size(), 2U);
  const auto& record = batches[1].records.at(0);
  EXPECT_EQ(record.kind, RecordKind::claimed);
  EXPECT_EQ(record.type, "computehub.internal.claimed.v1");
  const auto claim = parse_claim(record.data).value();
  EXPECT_EQ(claim.epoch, 2U);
  EXPECT_EQ(claim.node, "node-2");
  EXPECT_EQ(claim.from_seq, 1U);
  EXPECT_EQ(claim.from_hash, first.hash);
}

TEST_P(LogContract, WhatWasAppendedIsReadBackEqual) {
  auto head = claimed(1);
  std::vector<BatchPtr> written;
  for (Version version = 1; version <= 20; version += 2)
    written.push_back(sealed_events(1, head, {event("e", version), event("e", version + 1)}));
  for (const auto& batch : written) commit({batch});
  EXPECT_EQ(log_->head(1), head);
  const auto read = contents(1);
  ASSERT_EQ(read.size(), written.size() + 1);
  for (std::size_t i = 0; i < written.size(); ++i) EXPECT_EQ(read[i + 1], *written[i]) << i;
}

TEST_P(LogContract, SeqIsContiguousAndTheChainHolds) {
  auto head = claimed(0);
  for (Version version = 1; version <= 5; ++version) commit({sealed_events(0, head, {event("e", version)})});
  Head walked;
  for (const auto& batch : contents(0)) EXPECT_FALSE(follow(batch, walked));
  EXPECT_EQ(walked, head);
  EXPECT_EQ(walked.seq, 6U);
}

TEST_P(LogContract, BatchesOfSeveralPartitionsComeAllOrNone) {
  auto first = claimed(0), second = claimed(1);
  Head wrong = second;
  wrong.hash[0] ^= 1U;
  EXPECT_EQ(log_->append({sealed_events(0, first, {event("a", 1)}), sealed_events(1, wrong, {event("b", 1)})}),
            Append::fenced);
  EXPECT_EQ(contents(0).size(), 1U);
  EXPECT_EQ(contents(1).size(), 1U);
  first = log_->head(0);
  commit({sealed_events(1, second, {event("b", 1)}), sealed_events(0, first, {event("a", 1)})});
  EXPECT_EQ(contents(0).size(), 2U);
  EXPECT_EQ(contents(1).size(), 2U);
}

TEST_P(LogContract, AnOwnerOfAnOldEpochIsFenced) {
  auto old_owner = log_->claim(0, "node-1").value();
  auto new_owner = log_->claim(0, "node-2").value();
  EXPECT_EQ(log_->append({sealed_events(0, old_owner, {event("e", 1)})}), Append::fenced);
  // Nor does it get in by linking to the new head.
  Head caught_up = log_->head(0);
  caught_up.epoch = 1;
  EXPECT_EQ(log_->append({sealed_events(0, caught_up, {event("e", 1)})}), Append::fenced);
  commit({sealed_events(0, new_owner, {event("e", 1)})});
}

TEST_P(LogContract, ABatchThatDoesNotFollowTheHeadIsFenced) {
  auto head = claimed(0);
  Head again = head, ahead = head, forked = head;
  commit({sealed_events(0, head, {event("e", 1)})});
  EXPECT_EQ(log_->append({sealed_events(0, again, {event("e", 2)})}), Append::fenced);
  ahead.seq = 7;
  EXPECT_EQ(log_->append({sealed_events(0, ahead, {event("e", 2)})}), Append::fenced);
  forked.seq = head.seq;
  EXPECT_EQ(log_->append({sealed_events(0, forked, {event("e", 2)})}), Append::fenced);
  EXPECT_EQ(log_->head(0), head);
}

TEST_P(LogContract, NothingIsAppendedWithoutAClaim) {
  Head head;
  EXPECT_EQ(log_->append({sealed_events(0, head, {event("e", 1)})}), Append::fenced);
}

TEST_P(LogContract, ReadingBeginsWithTheBatchThatHoldsTheSeq) {
  auto head = claimed(0);
  commit({sealed_events(0, head, {event("e", 1), event("e", 2), event("e", 3)})});
  commit({sealed_events(0, head, {event("e", 4)})});
  for (const Seq from : {2U, 3U, 4U}) {
    const auto read = log_->read(0, from, 1 << 20).value();
    ASSERT_EQ(read.size(), 2U) << from;
    EXPECT_EQ(read[0]->end.first, 2U);
  }
  EXPECT_EQ(log_->read(0, 5, 1 << 20).value().size(), 1U);
  EXPECT_TRUE(log_->read(0, 6, 1 << 20).value().empty());
  EXPECT_TRUE(log_->read(0, 1'000, 1 << 20).value().empty());
}

TEST_P(LogContract, AReadIsBoundedButGivesAtLeastOneBatch) {
  auto head = claimed(0);
  for (Version version = 1; version <= 10; ++version)
    commit({sealed_events(0, head, {event("e", version, "\"" + std::string(1'000, 'x') + "\"")})});
  EXPECT_EQ(log_->read(0, 2, 0).value().size(), 1U);
  EXPECT_EQ(log_->read(0, 2, 1).value().size(), 1U);
  EXPECT_EQ(log_->read(0, 2, 2'500).value().size(), 3U);
  EXPECT_EQ(contents(0, 1).size(), 11U);
}

TEST_P(LogContract, ABatchOfOutcomesOnlyComesWithTheNextRecord) {
  auto head = claimed(0);
  const auto outcomes = [&] {
    auto batch = batch_of(0, head.epoch, {});
    batch.end.outcomes.push_back({"c", std::string(32, 'h'), 409, "deployment.not_running", "no", "", "e", 4});
    batch.end.consumed.push_back({"commands", head.seq});
    return sealed(std::move(batch), head);
  };
  const auto first = outcomes(), second = outcomes();
  commit({first});
  commit({second});
  EXPECT_EQ(log_->head(0), head);
  EXPECT_TRUE(log_->read(0, 2, 1 << 20).value().empty());
  EXPECT_EQ(contents(0).size(), 1U);
  reopen();
  EXPECT_EQ(log_->head(0), head);
  // The next record is that of the new claim.
  head = claimed(0);
  const auto third = sealed_events(0, head, {event("e", 1), event("e", 2)});
  commit({third});
  for (const std::size_t bytes_max : {1U, 1U << 20U}) {
    const auto read = contents(0, bytes_max);
    ASSERT_EQ(read.size(), 5U);
    EXPECT_EQ(read[1], *first);
    EXPECT_EQ(read[2], *second);
    EXPECT_EQ(read[3].records.at(0).kind, RecordKind::claimed);
    EXPECT_EQ(read[4], *third);
  }
  EXPECT_EQ(log_->read(0, 2, 1 << 20).value().size(), 4U);
  EXPECT_EQ(log_->read(0, 3, 1 << 20).value().size(), 1U);
}

TEST_P(LogContract, HistoryHasTheEventsOfOneEntityInOrder) {
  auto head = claimed(0);
  for (Version version = 1; version <= 9; version += 3)
    commit({sealed_events(0, head,
                          {event("a", version), event("b", version), event("a", version + 1), event("b", version + 1),
                           event("a", version + 2), event("b", version + 2)})});
  const auto all = log_->history("a", 1, 100).value();
  ASSERT_EQ(all.size(), 9U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].record.entity, "a");
    EXPECT_EQ(all[i].record.version, i + 1);
    EXPECT_EQ(all[i].position.partition, 0U);
    EXPECT_EQ(all[i].position.seq, all[i].record.seq);
  }
  const auto some = log_->history("a", 4, 3).value();
  ASSERT_EQ(some.size(), 3U);
  EXPECT_EQ(some.front(), all[3]);
  EXPECT_TRUE(log_->history("a", 10, 3).value().empty());
  EXPECT_TRUE(log_->history("c", 1, 3).value().empty());
  EXPECT_TRUE(log_->history("", 1, 3).value().empty());
  EXPECT_TRUE(log_->history("a", 1, 0).value().empty());
}

TEST_P(LogContract, AnEventIsInTheHistoryOfItsParentToo) {
  auto head = claimed(0);
  auto child = event("task", 1);
  child.parent = "model";
  child.parent_version = 2;
  commit({sealed_events(0, head, {event("model", 1), child, event("model", 3), event("task", 2)})});
  const auto model = log_->history("model", 1, 10).value();
  ASSERT_EQ(model.size(), 3U);
  EXPECT_EQ(model[1].record.entity, "task");
  EXPECT_EQ(model[1].record.parent_version, 2U);
  const auto task = log_->history("task", 1, 10).value();
  ASSERT_EQ(task.size(), 2U);
  EXPECT_EQ(task[0], model[1]);
}

TEST_P(LogContract, HistoryHoldsEventsOnlyAndTheTimeOfTheirBatch) {
  auto head = claimed(0);
  auto message = event("a", 0);
  message.kind = RecordKind::message;
  message.type = kMessageType;
  commit({sealed_events(0, head, {message, event("a", 1)}, at(5'000'000))});
  const auto history = log_->history("a", 1, 10).value();
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].index_time, head.index_time);
}

TEST_P(LogContract, SeqAtIsInclusiveAndNeverGoesBack) {
  auto head = claimed(0);
  const auto start = head.index_time;
  const auto later = [&](std::int64_t second) { return start + seconds(second); };
  commit({sealed_events(0, head, {event("e", 1), event("e", 2)}, later(10))});
  commit({sealed_events(0, head, {event("e", 3)}, later(10))});
  // A clock that goes back is raised to what was.
  commit({sealed_events(0, head, {event("e", 4)}, later(5))});
  commit({sealed_events(0, head, {event("e", 5)}, later(20))});
  EXPECT_EQ(log_->seq_at(0, start - milliseconds(1)).value(), 0U);
  EXPECT_EQ(log_->seq_at(0, later(9)).value(), 1U);
  EXPECT_EQ(log_->seq_at(0, later(10)).value(), 5U);
  EXPECT_EQ(log_->seq_at(0, later(20) - Duration{1}).value(), 5U);
  EXPECT_EQ(log_->seq_at(0, later(20)).value(), 6U);
  EXPECT_EQ(log_->seq_at(0, {INT64_MAX}).value(), 6U);
  EXPECT_EQ(log_->seq_at(0, {INT64_MIN}).value(), 0U);
  EXPECT_EQ(log_->seq_at(1, later(20)).value(), 0U);
}

TEST_P(LogContract, AWatcherSeesEverythingOnceAndInOrder) {
  auto first = claimed(0), second = claimed(1);
  std::array<std::vector<Seq>, kPartitions> seen;
  const auto id = log_->watch([&](const std::vector<BatchPtr>& batches) {
    for (const auto& batch : batches) seen.at(batch->partition).push_back(batch->end.first);
  });
  commit({sealed_events(0, first, {event("a", 1)})});
  commit({sealed_events(0, first, {event("a", 2)}), sealed_events(1, second, {event("b", 1)})});
  ASSERT_TRUE(log_->claim(1, "node-2"));
  log_->unwatch(id);
  commit({sealed_events(0, first, {event("a", 3)})});
  EXPECT_THAT(seen[0], ::testing::ElementsAre(2, 3));
  EXPECT_THAT(seen[1], ::testing::ElementsAre(2, 3));
}

TEST_P(LogContract, AWatcherIsNotToldOfWhatWasFenced) {
  auto head = claimed(0);
  int told = 0;
  log_->watch([&](const std::vector<BatchPtr>&) { ++told; });
  head.epoch = 9;
  EXPECT_EQ(log_->append({sealed_events(0, head, {event("a", 1)})}), Append::fenced);
  EXPECT_EQ(told, 0);
}

TEST_P(LogContract, ReopeningKeepsEverything) {
  auto head = claimed(0);
  auto other = claimed(3);
  for (Version version = 1; version <= 50; ++version)
    commit({sealed_events(0, head, {event("a", version)}), sealed_events(3, other, {event("b", version)})});
  const auto incarnation = log_->incarnation();
  const auto before = contents(0), before_other = contents(3);
  reopen();
  EXPECT_EQ(log_->incarnation(), incarnation);
  EXPECT_EQ(log_->head(0), head);
  EXPECT_EQ(contents(0), before);
  EXPECT_EQ(contents(3), before_other);
  EXPECT_EQ(log_->history("b", 1, 100).value().size(), 50U);
  EXPECT_EQ(log_->seq_at(0, head.index_time).value(), 51U);
  EXPECT_EQ(log_->claim(0, "node-1").value().epoch, 2U);
}

TEST_P(LogContract, PartitionsAreFixedForLife) {
  reopen(9);
  EXPECT_EQ(log_->partitions(), kPartitions);
}

TEST_P(LogContract, AnyBytesAndBigDataComeBack) {
  auto head = claimed(0);
  auto strange = event(std::string("a\0b\xff", 4), 1, std::string("\0\n\xfe\"", 4));
  strange.actor = std::string(300, '\x80');
  // The end of one id is not the beginning of another.
  auto near = event(std::string("a\0b", 3), 1, "");
  auto big = event("big", 1, std::string(5 << 20, 'x'));
  const auto batch = sealed_events(0, head, {strange, near, big});
  commit({batch});
  EXPECT_EQ(contents(0).at(1), *batch);
  EXPECT_EQ(log_->history(strange.entity, 1, 9).value().size(), 1U);
  EXPECT_EQ(log_->history(near.entity, 1, 9).value().size(), 1U);
  EXPECT_EQ(log_->history("big", 1, 9).value().at(0).record.data.size(), 5U << 20U);
}

TEST_P(LogContract, SeveralThreadsAppendAndEachPartitionStaysInOrder) {
  if (!GetParam().threads) GTEST_SKIP() << "made for one thread";
  constexpr Version kEach = 100;
  std::vector<std::vector<Seq>> seen(kPartitions);
  log_->watch([&](const std::vector<BatchPtr>& batches) {
    for (const auto& batch : batches) seen.at(batch->partition).push_back(batch->end.last);
  });
  std::vector<std::thread> threads;
  for (PartitionId partition = 0; partition < kPartitions; ++partition)
    threads.emplace_back([this, partition] {
      auto head = claimed(partition);
      const auto entity = "e" + std::to_string(partition);
      for (Version version = 1; version <= kEach; ++version)
        EXPECT_EQ(log_->append({sealed_events(partition, head, {event(entity, version)})}), Append::committed);
    });
  for (auto& thread : threads) thread.join();
  for (PartitionId partition = 0; partition < kPartitions; ++partition) {
    ASSERT_EQ(seen[partition].size(), kEach + 1);
    for (Seq seq = 1; seq <= kEach + 1; ++seq) EXPECT_EQ(seen[partition][seq - 1], seq);
    EXPECT_EQ(contents(partition).size(), kEach + 1);
  }
}

TEST_P(LogContract, OfOwnersThatRaceForAPartitionEachBatchHasOneWinner) {
  if (!GetParam().threads) GTEST_SKIP() << "made for one thread";
  std::atomic<Version> won = 0;
  std::vector<std::thread> threads;
  for (int node = 0; node < 4; ++node)
    threads.emplace_back([this, &won] {
      for (int round = 0; round < 50; ++round) {
        auto head = log_->claim(0, "node").value();
        if (log_->append({sealed_events(0, head, {event("e" + std::to_string(head.epoch), 1)})}) == Append::committed)
          ++won;
      }
    });
  for (auto& thread : threads) thread.join();
  Head walked;
  Version events = 0;
  for (const auto& batch : contents(0)) {
    EXPECT_FALSE(follow(batch, walked));
    if (batch.records.at(0).kind == RecordKind::event) ++events;
  }
  EXPECT_EQ(events, won.load());
  EXPECT_EQ(walked.epoch, 200U);
}

inline std::string name_of(const ::testing::TestParamInfo<LogKind>& info) {
  return info.param.name;
}

}  // namespace hub::log::testing
