// A record that several nodes have signed, each with a key of its own.
#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <sstream>

#include "events/log/audit.hpp"
#include "events/log/simulated_log.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr PartitionId kPartitions = 3;
constexpr int kBatches = 4;

/// Partition 0: epochs of one, two, one; partition 1: of two; partition 2: of one, two.
class SignersTest : public ::testing::Test {
 protected:
  SignersTest() {
    heads_.resize(kPartitions);
    for (const auto& [partition, signer] :
         {std::pair(0, &one_), {1, &two_}, {2, &one_}, {0, &two_}, {2, &two_}, {0, &one_}})
      own(static_cast<PartitionId>(partition), *signer);
  }

  /// An owner's epoch: it claims, and signs in each of its batches.
  void own(PartitionId partition, const Signer& signer) {
    heads_[partition] = log_->claim(partition, signer.public_key().id()).value();
    for (int i = 0; i < kBatches; ++i) append(partition, checkpoint(partition, signer));
  }
  Record checkpoint(PartitionId partition, const Signer& signer) {
    return make_checkpoint(signer, partition, heads_[partition], heads_, {1'700'000'000'000'000});
  }
  void append(PartitionId partition, Record signature) {
    auto& head = heads_[partition];
    auto batch = batch_of(partition, head.epoch, {event("e" + std::to_string(partition), ++versions_[partition])},
                          head.index_time + milliseconds(10));
    batch.records.push_back(std::move(signature));
    ASSERT_EQ(log_->append({sealed(std::move(batch), head)}), Append::committed);
  }

  PublicKeys both() const {
    PublicKeys keys(one_.public_key());
    keys.add(two_.public_key());
    return keys;
  }
  AuditReport exported(const PublicKeys& keys, const std::optional<Checkpoint>& against = std::nullopt) {
    std::stringstream text;
    EXPECT_TRUE(export_log(*log_, text));
    return verify_export(text, keys, against);
  }
  static bool is_by(const Record& record, const Signer& signer) {
    return record.kind == RecordKind::checkpoint &&
           parse_checkpoint(record.data).value().key_id == signer.public_key().id();
  }
  /// Position of the first checkpoint by `signer`, in the order in which a record is walked.
  Position first_by(const Signer& signer) {
    for (PartitionId partition = 0; partition < kPartitions; ++partition) {
      const auto batches = log_->read(partition, 1, SIZE_MAX).value();
      for (const auto& batch : batches)
        for (const auto& record : batch->records)
          if (is_by(record, signer)) return {partition, record.seq};
    }
    return {};
  }
  void expect_fault(const PublicKeys& keys, Position position, const std::string& reason) {
    for (const auto& found : {verify(*log_, keys), exported(keys)}) {
      ASSERT_TRUE(found.fault);
      EXPECT_EQ(found.fault->position, position);
      EXPECT_THAT(found.fault->reason, HasSubstr(reason));
    }
  }

  const Signer one_ = Signer::temporary(), two_ = Signer::temporary();
  SimulatedLog storage_{1, kPartitions};
  std::unique_ptr<Log> log_ = storage_.open();
  std::vector<Head> heads_;
  std::array<Version, kPartitions> versions_{};
};

TEST_F(SignersTest, EachCheckpointIsVerifiedUnderTheKeyThatItNames) {
  for (const auto& found : {verify(*log_, both()), exported(both())}) {
    ASSERT_FALSE(found.fault) << to_text(found.fault->position) << ": " << found.fault->reason;
    EXPECT_THAT(found.signed_by, UnorderedElementsAre(Pair(one_.public_key().id(), 3 * kBatches),
                                                      Pair(two_.public_key().id(), 3 * kBatches)));
  }
}

TEST_F(SignersTest, ACheckpointByAKeyThatIsNotTrustedIsFoundWhereItIs) {
  const auto stranger = Signer::temporary();
  expect_fault(one_.public_key(), first_by(two_), "signed by the key " + two_.public_key().id() + ", not ");
  expect_fault(two_.public_key(), first_by(one_), "signed by the key " + one_.public_key().id() + ", not ");
  PublicKeys others(stranger.public_key());
  others.add(two_.public_key());
  expect_fault(others, first_by(one_), "not one of " + others.ids());
}

TEST_F(SignersTest, AnOwnerWhoseKeyNobodyHasAnnouncedIsFound) {
  const auto stranger = Signer::temporary();
  own(1, stranger);
  expect_fault(both(), first_by(stranger), "signed by the key " + stranger.public_key().id());
}

TEST_F(SignersTest, ASignatureOfOneKeyInTheNameOfAnotherIsFound) {
  auto forged = parse_checkpoint(checkpoint(2, Signer::temporary()).data).value();
  forged.key_id = two_.public_key().id();
  auto record = checkpoint(2, two_);
  record.data = to_text(forged);
  append(2, record);
  expect_fault(both(), {2, heads_[2].seq}, "the signature of the checkpoint does not fit");
}

TEST_F(SignersTest, AnotherNodesSignatureInTheEpochOfAnOwnerIsFound) {
  append(2, checkpoint(2, one_));
  expect_fault(both(), {2, heads_[2].seq},
               "the owner in epoch " + std::to_string(heads_[2].epoch) + " signs with " + two_.public_key().id());
}

TEST_F(SignersTest, WhatOneNodeHasSignedElsewhereIsHeldAgainstTheRecordOfAll) {
  for (const auto* signer : {&one_, &two_}) {
    auto kept = parse_checkpoint(checkpoint(0, *signer).data).value();
    EXPECT_FALSE(verify(*log_, both(), kept).fault);
    EXPECT_FALSE(exported(both(), kept).fault);
  }
  const auto foreign = parse_checkpoint(checkpoint(0, Signer::temporary()).data).value();
  EXPECT_THAT(verify(*log_, both(), foreign).fault->reason, HasSubstr("signed by the key"));
}

PublicKeys some_keys(int count) {
  PublicKeys keys;
  for (int i = 0; i < count; ++i) keys.add(Signer::temporary().public_key());
  return keys;
}

TEST(PublicKeys, AFileHoldsSeveralAndIsTheSameForTheSameKeys) {
  const auto keys = some_keys(3);
  PublicKeys backwards;
  for (auto each = keys.all().rbegin(); each != keys.all().rend(); ++each) EXPECT_TRUE(backwards.add(each->second));
  EXPECT_EQ(backwards.pem(), keys.pem());
  const auto read = PublicKeys::parse(keys.pem());
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read.value().pem(), keys.pem());
  EXPECT_EQ(read.value().size(), 3U);
  EXPECT_FALSE(backwards.add(keys.all().begin()->second));
  EXPECT_FALSE(backwards.add(keys));
  EXPECT_TRUE(backwards.add(some_keys(1)));
}

TEST(PublicKeys, WhatOthersWriteAroundAKeyAndAtItsEndIsNoTrouble) {
  const auto keys = some_keys(1);
  auto pem = keys.pem();
  pem.pop_back();
  EXPECT_EQ(PublicKeys::parse(pem).value().pem(), keys.pem());
  EXPECT_EQ(PublicKeys::parse("node one\n" + keys.pem() + "\n\n").value().pem(), keys.pem());
}

TEST(PublicKeys, APartOfAFileIsRefused) {
  const auto text = some_keys(2).pem();
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    // At the end of the first one, and behind its line, it is a whole file of one.
    const bool is_whole = size == text.size() / 2 - 1 || size == text.size() / 2;
    EXPECT_EQ(PublicKeys::parse(std::string_view(text).substr(0, size)).has_value(), is_whole) << size;
  }
}

TEST(PublicKeys, AFileThatIsTooLongOrNotThereIsRefused) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "keys.pem";
  EXPECT_EQ(PublicKeys::load(file).error().code, "key.absent");
  const auto pem = some_keys(1).pem();
  auto text = pem + std::string(kPublicKeysBytesMax - pem.size(), '\n');
  std::ofstream(file) << text;
  EXPECT_TRUE(PublicKeys::load(file));
  std::ofstream(file) << text + "\n";
  const auto refused = PublicKeys::load(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "key.invalid");
}

}  // namespace
}  // namespace hub::log::testing
