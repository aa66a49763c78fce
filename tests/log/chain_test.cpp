#include <gmock/gmock.h>

#include "events/log/encoding.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

TEST(BatchCodec, RandomBatchesComeBackEqual) {
  RandomBatches random(1);
  for (int i = 0; i < 2'000; ++i) {
    auto batch = random.batch();
    Head head{random.number(), random.number(), {}, {}};
    seal(batch, head);
    const auto decoded = decode_batch(encode_batch(batch));
    ASSERT_TRUE(decoded) << i << decoded.error().detail;
    ASSERT_EQ(decoded.value(), batch) << i;
  }
}

TEST(BatchCodec, EveryFlippedBitIsDetected) {
  RandomBatches random(2);
  for (int i = 0; i < 10; ++i) {
    auto bytes = encode_batch(random.batch());
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (int bit = 0; bit < 8; ++bit) {
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
        const auto decoded = decode_batch(bytes);
        ASSERT_FALSE(decoded) << at;
        ASSERT_EQ(decoded.error().code, "log.corrupt");
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      }
  }
}

TEST(BatchCodec, EveryTruncationAndEveryByteTooManyIsDetected) {
  RandomBatches random(3);
  for (int i = 0; i < 20; ++i) {
    const auto bytes = encode_batch(random.batch());
    for (std::size_t size = 0; size < bytes.size(); ++size) ASSERT_FALSE(decode_batch(bytes.substr(0, size))) << size;
    ASSERT_FALSE(decode_batch(bytes + '\0'));
  }
}

/// As a forger would: the CRC is made to fit again.
std::string with_crc(std::string body) {
  const auto crc = crc32c(body);
  for (unsigned shift = 0; shift < 32; shift += 8) body += static_cast<char>(crc >> shift);
  return body;
}

TEST(BatchCodec, NoBytesBehindAFittingCrcCrashIt) {
  RandomBatches random(4);
  for (int i = 0; i < 300; ++i) {
    auto bytes = encode_batch(random.batch());
    bytes.resize(bytes.size() - 4);
    for (int changed = 0; changed < 100; ++changed) {
      auto body = bytes;
      body[random.below(body.size())] = static_cast<char>(random.number());
      if (random.below(2) == 0) body.resize(1 + random.below(body.size()));
      const auto decoded = decode_batch(with_crc(body));
      ASSERT_TRUE(decoded || decoded.error().code == "log.corrupt");
    }
  }
}

TEST(BatchCodec, AnUnknownFormatIsNamed) {
  auto bytes = encode_batch(batch_of(0, 1, {event("e", 1)}));
  bytes[0] = 9;
  const auto decoded = decode_batch(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().detail, "a batch has the unknown format 9");
}

TEST(Chain, SealedBatchesFollowEachOther) {
  RandomBatches random(5);
  Head sealing, walking;
  for (int i = 0; i < 200; ++i) {
    auto batch = random.batch();
    batch.end.epoch = static_cast<Epoch>(1 + i / 50);
    seal(batch, sealing);
    const auto fault = follow(batch, walking);
    ASSERT_FALSE(fault) << fault->reason;
    ASSERT_EQ(walking, sealing);
  }
}

/// Applies `change` to a sealed batch of three records and gives the fault that a reader finds.
std::optional<ChainFault> fault_after(const std::function<void(Batch&)>& change) {
  Head head{5, 2, {}, {1'000}}, walking = head;
  auto batch = batch_of(1, 2, {event("e", 1), event("e", 2), event("e", 3)}, {2'000});
  batch.end.consumed = {{"commands", 9}};
  batch.end.outcomes = {{"c", "h", 0, "", "", "", "e", 3}};
  seal(batch, head);
  change(batch);
  const auto before = walking;
  auto fault = follow(batch, walking);
  EXPECT_TRUE(!fault || walking == before);
  return fault;
}

TEST(Chain, EveryChangedFieldOfARecordIsFoundAtItsPosition) {
  const std::vector<std::function<void(Record&)>> changes{[](Record& r) { r.kind = RecordKind::message; },
                                                          [](Record& r) { ++r.seq; },
                                                          [](Record& r) { r.type += '2'; },
                                                          [](Record& r) { r.entity = "f"; },
                                                          [](Record& r) { ++r.version; },
                                                          [](Record& r) { r.parent = "p"; },
                                                          [](Record& r) { ++r.parent_version; },
                                                          [](Record& r) { ++r.time.micros; },
                                                          [](Record& r) { r.command_id.clear(); },
                                                          [](Record& r) { r.actor = "user:eve"; },
                                                          [](Record& r) { r.organisation = "o"; },
                                                          [](Record& r) { r.project = "p"; },
                                                          [](Record& r) { r.correlation_id = "x"; },
                                                          [](Record& r) { r.data = "{}"; },
                                                          [](Record& r) { r.chain[7] ^= 1U; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto fault = fault_after([&](Batch& batch) { changes[i](batch.records[1]); });
    ASSERT_TRUE(fault) << i;
    EXPECT_EQ(fault->position, (Position{1, 7})) << i;
  }
}

TEST(Chain, EveryChangedFieldOfAnEndIsFound) {
  const std::vector<std::function<void(Batch&)>> changes{[](Batch& b) { b.partition = 2; },
                                                         [](Batch& b) { ++b.end.epoch; },
                                                         [](Batch& b) { --b.end.epoch; },
                                                         [](Batch& b) { ++b.end.first; },
                                                         [](Batch& b) { ++b.end.last; },
                                                         [](Batch& b) { ++b.end.count; },
                                                         [](Batch& b) { b.end.hash[31] ^= 1U; },
                                                         [](Batch& b) { ++b.end.consumed[0].position; },
                                                         [](Batch& b) { b.end.consumed.clear(); },
                                                         [](Batch& b) { b.end.outcomes[0].status = 409; },
                                                         [](Batch& b) { b.end.index_time = {999}; },
                                                         [](Batch& b) { b.end.index_time = {2'001}; },
                                                         [](Batch& b) { b.records.pop_back(); },
                                                         [](Batch& b) { std::swap(b.records[0], b.records[1]); },
                                                         [](Batch& b) { b.records.push_back(b.records[2]); }};
  for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_TRUE(fault_after(changes[i])) << i;
  EXPECT_FALSE(fault_after([](Batch&) {}));
}

TEST(Chain, BytesThatMoveFromOneFieldToTheNextChangeTheHash) {
  Head first, second;
  auto one = batch_of(0, 1, {event("ab", 1)}), two = batch_of(0, 1, {event("a", 1)});
  one.records[0].command_id = "c";
  two.records[0].parent = "b";
  two.records[0].command_id = "c";
  seal(one, first);
  seal(two, second);
  EXPECT_NE(first.hash, second.hash);
}

TEST(Chain, ContinuesSeesAForkAndAnotherEpochAtOnce) {
  Head head{5, 2, {}, {1'000}}, sealing = head;
  const auto batch = sealed_events(1, sealing, {event("e", 1)});
  EXPECT_TRUE(continues(*batch, head));
  auto other = head;
  other.hash[0] = 1;
  EXPECT_FALSE(continues(*batch, other));
  other = head;
  other.epoch = 1;
  EXPECT_FALSE(continues(*batch, other));
  other.epoch = 3;
  EXPECT_FALSE(continues(*batch, other));
  other = head;
  other.seq = 4;
  EXPECT_FALSE(continues(*batch, other));
}

}  // namespace
}  // namespace hub::log::testing
