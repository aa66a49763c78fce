#include "events/log/audit.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "events/log/cloud_event.hpp"
#include "events/log/simulated_log.hpp"
#include "events/log/verification.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

using ::testing::HasSubstr;

/// A log of three partitions with events, messages, refusals and checkpoints, and all that made it.
class AuditTest : public ::testing::Test {
 protected:
  static constexpr PartitionId kPartitions = 3;

  AuditTest() {
    for (PartitionId partition = 0; partition < kPartitions; ++partition)
      heads_.push_back(log_->claim(partition, "node").value());
    for (Version version = 1; version <= 9; ++version)
      for (PartitionId partition = 0; partition < kPartitions; ++partition) append(partition, version);
  }

  void append(PartitionId partition, Version version) {
    auto batch =
        batch_of(partition, heads_[partition].epoch, {}, storage_.now() + milliseconds(100 * std::int64_t(version)));
    const auto id = "e" + std::to_string(partition);
    auto child = event(id, version);
    child.parent = id + "-parent";
    child.parent_version = version;
    batch.records = {event(id + "-other", version, "[1, {\"a\": \"\\n\"}, 2.50]"), child,
                     event(id + "-raw", version, "\n{")};
    if (version % 3 == 0)
      batch.records.push_back(make_checkpoint(signer_, partition, heads_[partition], heads_, {1'700'000'000'000'000}));
    batch.end.consumed = {{"commands", version}};
    batch.end.outcomes = {
        {"c" + std::to_string(version), std::string("\0\xff", 2), 409, "a.b", "\"no\"", "f", id, version}};
    commit(std::move(batch));
  }
  void commit(Batch batch) {
    auto& head = heads_[batch.partition];
    ASSERT_EQ(log_->append({sealed(std::move(batch), head)}), Append::committed);
  }
  AuditReport report(const std::optional<Checkpoint>& against = std::nullopt) {
    return verify(*log_, signer_.public_key(), against);
  }
  std::string exported() {
    std::ostringstream out;
    EXPECT_TRUE(export_log(*log_, out));
    return out.str();
  }
  AuditReport report_of(const std::string& text, const std::optional<Checkpoint>& against = std::nullopt) {
    std::istringstream in(text);
    return verify_export(in, signer_.public_key(), against);
  }
  Checkpoint kept() { return parse_checkpoint(make_checkpoint(signer_, 0, heads_[0], heads_, {1}).data).value(); }

  SimulatedLog storage_{1, kPartitions};
  std::unique_ptr<Log> log_ = storage_.open();
  std::vector<Head> heads_;
  Signer signer_ = Signer::temporary();
};

TEST_F(AuditTest, ASoundLogIsFoundSoundAndItsCountsAreRight) {
  const auto found = report();
  ASSERT_FALSE(found.fault) << found.fault->reason;
  EXPECT_EQ(found.records, 3U * (1 + 9 * 3 + 3));
  EXPECT_EQ(found.batches, 30U);
  EXPECT_EQ(found.checkpoints, 9U);
}

TEST_F(AuditTest, SaysHowFarEachPartitionIsSigned) {
  const auto found = report();
  ASSERT_EQ(found.partitions.size(), kPartitions);
  EXPECT_EQ(found.partitions[0].head, 31U);
  // Partition 0's last batch holds its checkpoint; those of 1 and 2 were made after it and name it too.
  EXPECT_EQ(found.partitions[0].signed_up_to, 31U);
  EXPECT_EQ(found.partitions[2].signed_up_to, 27U);
  EXPECT_EQ(found.partitions[2].unsigned_records(), 4U);
}

TEST_F(AuditTest, ACheckpointAloneInItsBatchSignsThatToo) {
  commit(batch_of(2, heads_[2].epoch, {make_checkpoint(signer_, 2, heads_[2], heads_, {1'700'000'000'000'000})}));
  const auto found = report();
  ASSERT_FALSE(found.fault) << found.fault->reason;
  EXPECT_EQ(found.unsigned_records(), 0U);
}

TEST_F(AuditTest, ACheckpointThatRepeatsWhatWasConsumedSignsItselfToo) {
  auto batch = batch_of(2, heads_[2].epoch, {make_checkpoint(signer_, 2, heads_[2], heads_, {1'700'000'000'000'000})});
  batch.end.consumed = {{"commands", 9}};
  commit(std::move(batch));
  for (const auto& found : {report(), report_of(exported())}) {
    ASSERT_FALSE(found.fault) << found.fault->reason;
    EXPECT_EQ(found.unsigned_records(), 0U);
  }
}

TEST_F(AuditTest, WhatStandsBesideACheckpointInItsBatchIsNotSignedByIt) {
  const auto made = [&] {
    return batch_of(2, heads_[2].epoch, {make_checkpoint(signer_, 2, heads_[2], heads_, {1'700'000'000'000'000})});
  };
  auto with_actor = made(), with_outcome = made(), with_source = made(), with_time = made();
  with_actor.records[0].actor = "user:eve";
  with_outcome.end.outcomes = {{"c", "body", 409, "a.b", "no", "f", "e2", 1}};
  with_source.end.consumed = {{"commands", 100}};
  with_time.end.index_time = heads_[2].index_time + seconds(1);
  for (const auto* batch : {&with_actor, &with_outcome, &with_source, &with_time}) {
    auto heads = heads_;
    std::vector<BatchPtr> batches{sealed(Batch(*batch), heads[2])};
    const Checkpoint checkpoint = parse_checkpoint(batches[0]->records[0].data).value();
    EXPECT_FALSE(signs_itself(*batches[0], checkpoint, heads_[2], {{"commands", 9}}));
  }
}

TEST_F(AuditTest, ACheckpointThatWasDueAndIsNotThereIsMissed) {
  const auto at = heads_[2].index_time;
  commit(batch_of(2, heads_[2].epoch, {event("e2", 10)}, at + milliseconds(999)));
  EXPECT_FALSE(report().fault);
  EXPECT_FALSE(report_of(exported()).fault);
  commit(batch_of(2, heads_[2].epoch, {event("e2", 11)}, at + milliseconds(1'000)));
  for (const auto& found : {report(), report_of(exported())}) {
    ASSERT_TRUE(found.fault);
    EXPECT_EQ(found.fault->position, (Position{2, heads_[2].seq}));
    EXPECT_EQ(found.fault->reason, "the signature is missing that was due here: nothing is signed behind seq 27");
  }
}

TEST_F(AuditTest, AnotherPartitionMaySignABatchOfOutcomesAloneThatIsNotTheLastOne) {
  for (const auto* command : {"one", "two"}) {
    auto refusal = batch_of(0, heads_[0].epoch, {});
    refusal.end.outcomes = {{command, std::string(), 409, "a.b", "no", "", "e0", 9}};
    commit(std::move(refusal));
  }
  commit(batch_of(1, heads_[1].epoch, {make_checkpoint(signer_, 1, heads_[1], heads_, {1'700'000'000'000'000})}));
  commit(batch_of(0, heads_[0].epoch, {event("e0-later", 1)}));
  const auto found = report();
  EXPECT_FALSE(found.fault) << to_text(found.fault->position) << " " << found.fault->reason;
}

TEST_F(AuditTest, ARecordWithoutASingleCheckpointIsNotSound) {
  SimulatedLog storage(3, 1);
  const auto log = storage.open();
  auto head = log->claim(0, "node").value();
  for (Version version = 1; version <= 3; ++version)
    ASSERT_EQ(log->append({sealed(batch_of(0, head.epoch, {event("e", version)}, head.index_time + seconds(1)), head)}),
              Append::committed);
  const auto found = verify(*log, signer_.public_key());
  ASSERT_TRUE(found.fault);
  EXPECT_EQ(found.fault->position, (Position{0, 2}));
  EXPECT_FALSE(verify(*log, signer_.public_key(), {}, Unsigned::allowed).fault);
}

TEST_F(AuditTest, AClaimLongBehindTheLastSignatureIsSound) {
  // What a server does that was killed while nothing happened, and started again.
  SimulatedLog storage(3, 1);
  const auto log = storage.open();
  auto head = log->claim(0, "node").value();
  ASSERT_EQ(log->append({sealed(batch_of(0, head.epoch, {event("e", 1)}, head.index_time), head)}), Append::committed);
  storage.advance_to(storage.now() + seconds(3'600));
  head = log->claim(0, "node").value();
  EXPECT_FALSE(verify(*log, signer_.public_key()).fault);
}

TEST_F(AuditTest, AnExportVerifiesWithoutTheLogAndSaysTheSame) {
  const auto found = report(), read = report_of(exported());
  ASSERT_FALSE(read.fault) << to_text(read.fault->position) << read.fault->reason;
  EXPECT_EQ(read.records, found.records);
  EXPECT_EQ(read.batches, found.batches);
  EXPECT_EQ(read.checkpoints, found.checkpoints);
  for (PartitionId partition = 0; partition < kPartitions; ++partition) {
    EXPECT_EQ(read.partitions[partition].head, found.partitions[partition].head);
    EXPECT_EQ(read.partitions[partition].signed_up_to, found.partitions[partition].signed_up_to);
  }
}

TEST_F(AuditTest, AnotherKeyIsFound) {
  const auto other = Signer::temporary();
  const auto found = verify(*log_, other.public_key());
  ASSERT_TRUE(found.fault);
  EXPECT_THAT(found.fault->reason, HasSubstr("signed by the key"));
}

TEST_F(AuditTest, VersionsOfAnEntityMustBeContiguous) {
  commit(batch_of(1, heads_[1].epoch, {event("e1", 11)}));
  const auto found = report();
  ASSERT_TRUE(found.fault);
  EXPECT_EQ(found.fault->position, (Position{1, heads_[1].seq}));
  EXPECT_EQ(found.fault->reason, "version 11 of e1 follows 9");
}

TEST_F(AuditTest, ACheckpointOfAnotherPlaceIsFound) {
  Head wrong = heads_[1];
  wrong.hash[0] ^= 1U;
  commit(batch_of(1, heads_[1].epoch, {make_checkpoint(signer_, 1, wrong, heads_, {1})}));
  const auto found = report();
  ASSERT_TRUE(found.fault);
  EXPECT_EQ(found.fault->position, (Position{1, heads_[1].seq}));
}

TEST_F(AuditTest, ACheckpointOfAnotherPartitionIsFound) {
  commit(batch_of(1, heads_[1].epoch, {make_checkpoint(signer_, 0, heads_[0], heads_, {1})}));
  ASSERT_TRUE(report().fault);
}

TEST_F(AuditTest, TheCheckpointThatWasKeptFindsACut) {
  const auto before = exported();
  const auto old = kept();
  for (PartitionId partition = 0; partition < kPartitions; ++partition) append(partition, 10);
  const auto now = kept();
  EXPECT_FALSE(report(old).fault);
  EXPECT_FALSE(report(now).fault);
  // The shorter record is valid by itself, and only the checkpoint kept elsewhere shows the cut.
  EXPECT_FALSE(report_of(before).fault);
  EXPECT_FALSE(report_of(before, old).fault);
  const auto found = report_of(before, now);
  ASSERT_TRUE(found.fault);
  EXPECT_EQ(found.fault->position, (Position{0, 32}));
  EXPECT_THAT(found.fault->reason, HasSubstr("missing"));
}

TEST_F(AuditTest, AForgedCheckpointToHoldItAgainstIsRefused) {
  auto forged = kept();
  ++forged.own.seq;
  ASSERT_TRUE(report(forged).fault);
  EXPECT_THAT(report(forged).fault->reason, HasSubstr("signature"));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

TEST_F(AuditTest, EveryLineThatIsTakenOutOfAnExportIsMissed) {
  const auto lines = lines_of(exported());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto changed = lines;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(report_of(joined(changed)).fault) << lines[i];
  }
}

TEST_F(AuditTest, EveryLineThatIsRepeatedOrSwappedWithTheNextIsFound) {
  const auto lines = lines_of(exported());
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    auto repeated = lines, swapped = lines;
    repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_TRUE(report_of(joined(repeated)).fault) << lines[i];
    EXPECT_TRUE(report_of(joined(swapped)).fault) << lines[i];
  }
}

TEST_F(AuditTest, EveryChangedDigitOfAnExportIsFound) {
  const auto text = exported();
  int changed = 0;
  for (std::size_t i = 0; i < text.size(); i += 7) {
    if (text[i] < '0' || text[i] > '9') continue;
    // The first line and the version of the envelope are not part of the chain.
    const auto line = text.rfind('\n', i) + 1;
    constexpr std::string_view envelope = R"({"specversion":"1.0")";
    if (line == 0 || (i - line < envelope.size() && text.compare(line, envelope.size(), envelope) == 0)) continue;
    auto other = text;
    other[i] = text[i] == '9' ? '8' : static_cast<char>(text[i] + 1);
    EXPECT_TRUE(report_of(other).fault) << text.substr(line, i - line + 1);
    ++changed;
  }
  EXPECT_GT(changed, 500);
}

TEST_F(AuditTest, AForkThatIsSealedAgainWithoutTheKeyIsFound) {
  // All of partition 1 is written anew with one actor changed; its checkpoints can only be copied.
  SimulatedLog storage(2, kPartitions);
  const auto forged = storage.open();
  for (PartitionId partition = 0; partition < kPartitions; ++partition) {
    auto head = forged->claim(partition, "node").value();
    const auto batches = read_all(*log_, partition).value();
    for (std::size_t i = 1; i < batches.size(); ++i) {
      auto batch = *batches[i];
      if (partition == 1 && i == 2) batch.records[0].actor = "user:eve";
      ASSERT_EQ(forged->append({sealed(std::move(batch), head)}), Append::committed);
    }
  }
  const auto found = verify(*forged, signer_.public_key());
  ASSERT_TRUE(found.fault);
  EXPECT_THAT(found.fault->position.partition, 1U);
  EXPECT_THAT(found.fault->reason, HasSubstr("the checkpoint signs"));
}

TEST_F(AuditTest, APartitionThatIsCutAloneIsFoundByTheCheckpointsOfTheOthers) {
  SimulatedLog storage(2, kPartitions);
  const auto cut = storage.open();
  for (PartitionId partition = 0; partition < kPartitions; ++partition) {
    auto head = cut->claim(partition, "node").value();
    const auto batches = read_all(*log_, partition).value();
    const auto kept = partition == 0 ? batches.size() - 4 : batches.size();
    for (std::size_t i = 1; i < kept; ++i)
      ASSERT_EQ(cut->append({sealed(Batch(*batches[i]), head)}), Append::committed);
  }
  const auto found = verify(*cut, signer_.public_key());
  ASSERT_TRUE(found.fault);
  EXPECT_EQ(found.fault->position.partition, 0U);
  EXPECT_THAT(found.fault->reason, HasSubstr("missing"));
}

TEST_F(AuditTest, ATornBatchIsNamed) {
  storage_.tear({2, 9}, Tear::record_lost);
  const auto found = report();
  ASSERT_TRUE(found.fault);
  EXPECT_EQ(found.fault->position, (Position{2, 8}));
}

TEST_F(AuditTest, TextThatIsNoUtf8CannotBeExported) {
  auto record = event("\xff", 1);
  commit(batch_of(1, heads_[1].epoch, {record}));
  std::ostringstream out;
  const auto written = export_log(*log_, out);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "log.unexportable");
}

TEST_F(AuditTest, WhatIsWrittenWhileALogIsVerifiedIsNotAskedAboutAndNotMissed) {
  Verification verification(*log_, signer_.public_key(), heads_of(*log_));
  const auto of = verification.records_of();
  Version version = 10;
  std::uint64_t done = 0;
  // With each piece come records of all partitions, and a checkpoint of each that names the heads of the others.
  for (bool more = true; more;) {
    more = verification.step(1);
    EXPECT_GE(verification.records_done(), done);
    done = verification.records_done();
    for (PartitionId partition = 0; partition < kPartitions; ++partition) append(partition, version);
    ++version;
  }
  const auto& found = verification.report();
  EXPECT_FALSE(found.fault) << to_text(found.fault->position) << ": " << found.fault->reason;
  EXPECT_EQ(found.records, of);
  EXPECT_EQ(verification.stage(), Verification::Stage::done);
  EXPECT_FALSE(report().fault) << "and what came is sound by itself";
}

TEST_F(AuditTest, ACheckpointThatNamesMoreThanWasAskedForIsHeldAgainstTheLog) {
  auto heads = heads_of(*log_);
  // The first partition only up to its first batch behind the claim: the others sign more of it.
  heads[0] = 4;
  Verification sound(*log_, signer_.public_key(), heads);
  while (sound.step(1 << 20)) {
  }
  EXPECT_FALSE(sound.report().fault);
  EXPECT_EQ(sound.report().partitions[0].head, 4U);
  EXPECT_EQ(sound.report().partitions[0].hash, log_->read(0, 4, 1).value().front()->end.hash);
  EXPECT_LE(sound.report().partitions[0].signed_up_to, 4U);
}

TEST_F(AuditTest, AFaultHasACodeAndTheRecordItsTimes) {
  EXPECT_FALSE(report().fault);
  EXPECT_TRUE(report().first_at.is_set());
  EXPECT_GT(report().last_at, report().first_at);
  const auto stranger = verify(*log_, Signer::temporary().public_key());
  EXPECT_EQ(stranger.fault.value().code, "checkpoint.other_key");
  append(1, 11);
  EXPECT_EQ(report().fault.value().code, "audit.version");
}

}  // namespace
}  // namespace hub::log::testing
