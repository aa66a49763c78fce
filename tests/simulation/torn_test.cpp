// Batches that arrive in parts.
#include <gmock/gmock.h>

#include "tests/simulation/controls.hpp"
#include "tests/simulation/script.hpp"

namespace hub::simulation {
namespace {

using log::Tear;

constexpr std::uint64_t kSeeds = 250;
constexpr Tear kTears[] = {Tear::record_lost, Tear::front_lost, Tear::end_changed, Tear::batch_lost};

/// A batch with records of a partition, drawn from those that hold one of `seqs` positions behind the first claim.
log::BatchPtr any_batch(log::Log& log, PartitionId partition, Random& random) {
  const auto batches = log.read(partition, 2, 1 << 24).value();
  std::vector<log::BatchPtr> with_records;
  for (const auto& batch : batches)
    if (!batch->records.empty()) with_records.push_back(batch);
  HUB_ASSERT(!with_records.empty());
  return with_records[random.below(with_records.size())];
}

void fill(Rig& rig, std::uint64_t seed) {
  rig.give_all(0);
  const auto script = make_script(40, seed);
  for (std::size_t number = 0; number < script.size(); ++number) {
    rig.submit(0, script[number].entity, script[number].command, script[number].command_id);
    if (number % 5 == 4) rig.run(0);
  }
  rig.run(0);
}

TEST(Torn, EveryTornBatchStopsItsPartitionAndIsNamed) {
  std::uint64_t torn = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const auto how : kTears) {
      Rig rig(1, seed);
      fill(rig, seed);
      Random random(seed);
      const auto partition = static_cast<PartitionId>(random.below(Rig::kPartitions));
      const auto batch = any_batch(rig.log(), partition, random);
      // A new owner without rows reads everything.
      rig.restart(0);
      rig.storage().tear({partition, batch->end.first}, how);
      const auto named = to_text(Position{partition, batch->end.first}) + ": ";
      for (PartitionId other = 0; other < Rig::kPartitions; ++other) {
        const auto owned = rig.runner(0).own(other);
        ASSERT_EQ(owned.has_value(), other != partition) << "seed " << seed;
        if (owned) continue;
        ASSERT_EQ(owned.error().code, "log.corrupt");
        ASSERT_THAT(owned.error().detail, testing::StartsWith(named)) << "seed " << seed;
        ++torn;
      }
      // Nothing behind it was believed, and the others serve.
      ASSERT_LT(rig.store(0).head(partition).seq, batch->end.first);
      rig.run(0);
      ASSERT_FALSE(rig.runner(0).owns(partition));
      // Its owner says so, and whoever waits for messages from there; each names the place.
      ASSERT_FALSE(rig.alarms(0).empty());
      for (const auto& alarm : rig.alarms(0)) ASSERT_THAT(alarm, testing::StartsWith("log.corrupt " + named));
      rig.submit(0, Rig::id_in((partition + 1) % Rig::kPartitions, 1), test::Add{1}, "after");
      rig.submit(0, Rig::id_in(partition, 1), test::Add{1}, "stopped");
      rig.run(0);
      ASSERT_EQ(rig.answers().at("after").back().code, "ok");
      ASSERT_EQ(rig.answers().at("stopped").back().code, "partition.moved");
    }
  }
  std::cout << R"({"name": "torn_batches_found", "value": )" << torn << R"(, "of": )" << kSeeds * std::size(kTears)
            << "}\n";
}

TEST(Torn, WithoutTheChainALostRecordIsNotNoticed) {
  Rig rig(1);
  fill(rig, 1);
  Random random(1);
  const auto batch = any_batch(rig.log(), 2, random);
  const auto unchecked = without_chain({2, batch->end.last}).log(rig.storage().open());
  // What such a reader gets looks whole to it: nothing but the chain tells.
  const auto read = unchecked->read(2, batch->end.first, 1);
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().front()->records.size() + 1, batch->records.size());
}

}  // namespace
}  // namespace hub::simulation
