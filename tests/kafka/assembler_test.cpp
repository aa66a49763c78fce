#include "events/kafka/assembler.hpp"

#include <gmock/gmock.h>

#include "events/kafka/own_offsets.hpp"
#include "events/log/claim.hpp"
#include "tests/log/samples.hpp"

namespace hub::kafka {
namespace {

using log::testing::batch_of;
using log::testing::event;
using log::testing::sealed;

/// The partition as its brokers hold it.
struct Topic {
  struct Lying {
    Author author;
    std::variant<log::Record, log::BatchEnd> content;
  };
  std::vector<Lying> lying;

  void write(const log::Batch& batch, const std::string& owner) {
    const Author author{batch.end.epoch, owner};
    for (const auto& record : batch.records) lying.push_back({author, record});
    lying.push_back({author, batch.end});
  }
};

/// A writer that believes in a head, right or wrong.
struct Writer {
  std::string owner;
  log::Head head;

  log::Batch claim(Epoch epoch) { return log::claim_batch(3, head, {owner, {owner + "-a"}}, Instant{1}, epoch); }
  log::Batch events(int count) {
    std::vector<log::Record> records;
    for (int i = 0; i < count; ++i) records.push_back(event(owner, static_cast<Version>(++version)));
    return *sealed(batch_of(3, head.epoch, std::move(records)), head);
  }

  int version = 0;
};

struct Reading : testing::Test {
  Topic topic;
  std::optional<Assembler> assembler{std::in_place, 3U, log::Head{}, std::string_view()};
  std::vector<log::Batch> read;
  std::string resume;  ///< as of the last complete batch
  std::optional<Failure> failure;

  /// Reads what is new, as one reader does that lives on.
  void go_on() {
    for (; at_ < topic.lying.size() && !failure; ++at_) {
      auto taken = assembler->take({topic.lying[at_].author, topic.lying[at_].content}, static_cast<std::int64_t>(at_));
      if (!taken) failure = taken.error();
      if (taken && taken.value()) {
        read.push_back(*taken.value());
        resume = assembler->resume();
      }
    }
  }
  /// Begins again behind the last complete batch, as a new process does.
  void restart(const log::Head& head) {
    assembler.emplace(3, head, resume);
    at_ = static_cast<std::size_t>(assembler->next_offset());
  }
  void start_over() {
    read.clear();
    resume.clear();
    failure.reset();
    restart({});
  }

 private:
  std::size_t at_ = 0;
};

TEST_F(Reading, GivesBatchesInOrder) {
  Writer one{"one", {}};
  const std::vector<log::Batch> written{one.claim(1), one.events(3), one.events(1), one.events(0), one.events(2)};
  for (const auto& batch : written) topic.write(batch, "one");
  go_on();
  EXPECT_FALSE(failure);
  EXPECT_EQ(read, written);
  EXPECT_EQ(assembler->void_records(), 0U);
}

TEST_F(Reading, OfAnOwnerBehindTheNextClaimNothingCounts) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  topic.write(one.events(2), "one");
  Writer two{"two", one.head};
  topic.write(two.claim(2), "two");
  topic.write(one.events(4), "one");
  topic.write(two.events(1), "two");
  go_on();
  ASSERT_FALSE(failure) << failure->detail;
  EXPECT_EQ(read.size(), 4U);
  EXPECT_EQ(assembler->head(), two.head);
  EXPECT_EQ(assembler->void_records(), 5U);
}

TEST_F(Reading, WhatWasNotFinishedBeforeAClaimNeverHappened) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  Writer two{"two", one.head};
  topic.write(one.events(3), "one");
  topic.lying.pop_back();
  topic.write(two.claim(2), "two");
  topic.write(two.events(1), "two");
  go_on();
  ASSERT_FALSE(failure) << failure->detail;
  EXPECT_EQ(assembler->head(), two.head);
}

TEST_F(Reading, AClaimThatHadNotReadEverythingCountsForNobody) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  Writer two{"two", one.head};
  topic.write(one.events(2), "one");
  topic.write(two.claim(2), "two");
  topic.write(one.events(1), "one");
  go_on();
  ASSERT_FALSE(failure) << failure->detail;
  EXPECT_EQ(assembler->head(), one.head);
  EXPECT_EQ(assembler->highest_claim(), 2U);
  // It has read on and claims again.
  two.head = one.head;
  topic.write(two.claim(3), "two");
  topic.write(two.events(1), "two");
  go_on();
  ASSERT_FALSE(failure) << failure->detail;
  EXPECT_EQ(assembler->head(), two.head);
  EXPECT_EQ(assembler->transactional_ids(), std::vector<std::string>{"two-a"});
}

TEST_F(Reading, AClaimThatHadNotReadABatchWithoutRecordsCountsForNobody) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  topic.write(one.events(1), "one");
  Writer early{"early", one.head};
  topic.write(one.events(0), "one");
  Writer late{"late", one.head};
  topic.write(one.events(0), "one");
  go_on();
  // Also for one who begins between the batches without records.
  restart(assembler->head());
  topic.write(early.claim(2), "early");
  topic.write(late.claim(3), "late");
  topic.write(one.events(1), "one");
  go_on();
  ASSERT_FALSE(failure) << failure->detail;
  EXPECT_EQ(assembler->head(), one.head);
  EXPECT_EQ(assembler->author().owner, "one");
}

TEST_F(Reading, AClaimThatContinuesWhatNeverWasStopsThePartition) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  topic.write(one.events(0), "one");
  Writer two{"two", one.head};
  two.head.hash[0] ^= 1;
  topic.write(two.claim(2), "two");
  go_on();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->detail, "3:1: a claim continues another record");
}

TEST_F(Reading, OfTwoClaimsOfOneEpochTheFirstCounts) {
  Writer one{"one", {}}, two{"two", {}};
  const auto first = one.claim(1), second = two.claim(1);
  // Their records may lie between each other's.
  topic.lying.push_back({{1, "one"}, first.records[0]});
  topic.lying.push_back({{1, "two"}, second.records[0]});
  topic.lying.push_back({{1, "two"}, second.end});
  topic.lying.push_back({{1, "one"}, first.end});
  topic.write(one.events(2), "one");
  go_on();
  ASSERT_FALSE(failure) << failure->detail;
  EXPECT_EQ(assembler->head(), one.head);
}

TEST_F(Reading, EachRecordThatIsMissingStopsThePartition) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  for (int i = 0; i < 3; ++i) topic.write(one.events(3), "one");
  const auto whole = topic;
  // Not the last end: then the batch has just not arrived yet.
  for (std::size_t missing = 0; missing + 1 < whole.lying.size(); ++missing) {
    topic = whole;
    topic.lying.erase(topic.lying.begin() + static_cast<std::ptrdiff_t>(missing));
    start_over();
    go_on();
    ASSERT_TRUE(failure) << missing;
    EXPECT_EQ(failure->code, "log.corrupt");
    EXPECT_LE(read.size(), missing / 2 + 1);
  }
}

TEST_F(Reading, AChangedRecordStopsThePartition) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  topic.write(one.events(2), "one");
  std::get<log::Record>(topic.lying[2].content).data = R"({"a":2})";
  go_on();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->detail.substr(0, 3), "3:2");
}

TEST_F(Reading, AClaimBehindWhatIsMissingStopsThePartition) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  const auto lost = one.events(2);
  Writer two{"two", one.head};
  topic.write(two.claim(2), "two");
  go_on();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->detail, "3:2: missing, though a claim continues behind it");
}

TEST_F(Reading, GoesOnWhereItEndedWithoutGapOrRepeat) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  for (int i = 0; i < 4; ++i) topic.write(one.events(i), "one");
  Writer two{"two", one.head};
  topic.write(two.claim(2), "two");
  topic.write(two.events(2), "two");
  for (std::size_t cut = 0; cut < topic.lying.size(); ++cut) {
    start_over();
    const auto whole = topic;
    topic.lying.resize(cut);
    go_on();
    topic = whole;
    // A half-read batch is forgotten with the process.
    const auto& last = read.empty() ? log::BatchEnd{} : read.back().end;
    restart({last.last, last.epoch, last.hash, last.index_time});
    go_on();
    ASSERT_FALSE(failure) << cut << ' ' << failure->detail;
    EXPECT_EQ(read.size(), 7U) << cut;
    EXPECT_EQ(assembler->head(), two.head) << cut;
  }
}

TEST_F(Reading, TheOwnersOwnBatchIsNotTakenTwice) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  go_on();
  const auto own = one.events(3);
  topic.write(own, "one");
  assembler->skip_to(own, static_cast<std::int64_t>(topic.lying.size()));
  go_on();
  topic.write(one.events(1), "one");
  go_on();
  ASSERT_FALSE(failure) << failure->detail;
  EXPECT_EQ(read.size(), 2U);
  EXPECT_EQ(assembler->head(), one.head);
}

TEST_F(Reading, AForeignRecordInFrontOfAnOwnBatchThatIsKnownAlreadyTakesNothingBack) {
  Writer one{"one", {}};
  topic.write(one.claim(1), "one");
  go_on();
  const auto foreign_at = assembler->next_offset();
  const auto own = one.events(3);
  const auto next = foreign_at + 5;
  assembler->skip_to(own, next);
  assembler->pass(foreign_at);
  EXPECT_EQ(assembler->next_offset(), next);
}

TEST(OwnOffsets, OnlyWhatWasAddedIsPassedOver) {
  OwnOffsets own;
  for (const std::int64_t offset : {3, 4, 6, 9}) own.add(offset);
  std::vector<std::int64_t> passed;
  for (std::int64_t offset = 0; offset < 12; ++offset)
    if (own.pass(offset)) passed.push_back(offset);
  EXPECT_EQ(passed, (std::vector<std::int64_t>{3, 4, 6, 9}));
  own.add(20);
  EXPECT_FALSE(own.pass(19));
  EXPECT_TRUE(own.pass(20));
}

}  // namespace
}  // namespace hub::kafka
