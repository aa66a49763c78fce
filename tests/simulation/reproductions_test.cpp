// Each fault that was found once, by the simulation or on the way to it, by name.
#include <gtest/gtest.h>

#include "projections/core/host.hpp"
#include "projections/deployments/table.hpp"
#include "tests/simulation/script.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::simulation {
namespace {

using Answers = std::vector<Rig::Answer>;

engine::Input input_of(const std::string& entity, const test::Counter::Command& command, const std::string& id) {
  engine::Input input;
  input.entity = entity;
  input.type = test::type_of_command(command);
  input.data = test::encode_command(command);
  input.command_id = id;
  input.body_hash = std::string(as_bytes(sha256(input.type + input.data)));
  return input;
}

std::int64_t total_of(Rig& rig, std::size_t node, const std::string& entity) {
  return test::Counter::decode_state(rig.store(node).entity(entity).value()->state).value().total;
}

// The log gives a batch without records only with the one behind it; it was looked for at the wrong place.
TEST(Reproduction, AnAcceptedCommandWithoutEventsIsReadBackAfterAnUnknownAppend) {
  for (const bool written : {true, false}) {
    Rig rig(1);
    rig.give_all(0);
    rig.storage().fail_append(0, written);
    const auto before = rig.storage().appends();
    rig.submit(0, Rig::id_in(0, 1), test::Fire{}, "no-op");
    rig.run();
    EXPECT_EQ(rig.answers().at("no-op"), (Answers{{"ok", 0}}));
    // Decided again only when it was not there.
    EXPECT_EQ(rig.storage().appends() - before, written ? 1U : 2U);
  }
}

// The claim behind an unknown append took the partition back, but not what its other owner had written meanwhile.
TEST(Reproduction, WhatAnotherOwnerWroteMeanwhileIsFoldedBehindAnUnknownAppend) {
  Rig rig(2);
  const auto entity = Rig::id_in(0, 1);
  rig.give_all(0);
  rig.submit(0, entity, test::Add{1}, "a");
  rig.run(0);
  rig.submit(0, entity, test::Add{10}, "b");
  rig.storage().fail_append(0, false);
  rig.behind_append(0, [&] {
    rig.behind_append(0, {});
    rig.give_all(1);
    rig.submit(1, entity, test::Add{100}, "c");
    rig.run(1);
  });
  rig.run(0);
  // Another owned it last: the caller hears so, and asks there.
  EXPECT_EQ(rig.answers().at("b"), (Answers{{"partition.moved", 0}}));
  EXPECT_EQ(rig.answers().at("c"), (Answers{{"ok", 2}}));
  rig.submit(1, entity, test::Add{10}, "b");
  rig.run();
  EXPECT_EQ(rig.answers().at("b").back(), (Rig::Answer{"ok", 3}));
  EXPECT_EQ(total_of(rig, 1, entity), 111);
}

// Each round of these made the count of waiting commands one less than none: the queue was full for ever.
TEST(Reproduction, RepeatsInABatchThatIsDecidedAgainDoNotFillTheQueue) {
  Rig rig(1);
  const auto entity = Rig::id_in(0, 1);
  rig.give_all(0);
  rig.storage().fail_append(0, false);
  for (int i = 0; i < 3; ++i) rig.submit(0, entity, test::Add{1}, "same");
  rig.run();
  EXPECT_EQ(rig.answers().at("same"), (Answers{{"ok", 1}, {"ok", 1}, {"ok", 1}}));
  EXPECT_TRUE(rig.runner(0).submit({input_of(entity, test::Add{1}, "next"), {}, std::nullopt}));
}

// A command to something that is no id was counted and never discounted.
TEST(Reproduction, CommandsToNoIdDoNotFillTheQueue) {
  Rig rig(1);
  rig.give_all(0);
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(rig.runner(0).submit({input_of("no id", test::Add{1}, "n" + std::to_string(i)), {}, std::nullopt}));
    rig.run();
  }
}

// A refusal that only its owner remembered was decided again by the next one, and accepted.
TEST(Reproduction, ARefusalHoldsAtTheNextOwner) {
  Rig rig(2);
  const auto entity = Rig::id_in(0, 1);
  rig.give_all(0);
  rig.submit(0, entity, test::Add{-5}, "refused");
  rig.run();
  rig.give_all(1);
  rig.submit(1, entity, test::Add{50}, "more");
  rig.run();
  rig.submit(1, entity, test::Add{-5}, "refused");
  rig.run();
  EXPECT_EQ(rig.answers().at("refused"), (Answers{{"counter.negative", 0}, {"counter.negative", 0}}));
  EXPECT_EQ(total_of(rig, 1, entity), 50);
}

// The rows of the owner and those folded by the next one said different positions.
TEST(Reproduction, ARepeatIsAnsweredWithTheSamePositionByEveryOwner) {
  Rig rig(2);
  const auto entity = Rig::id_in(0, 1);
  std::vector<Position> positions;
  const auto ask = [&](std::size_t node) {
    rig.give_all(node);
    for (const auto& [command, id] : {std::pair{test::Counter::Command{test::Add{1}}, "one"},
                                      std::pair{test::Counter::Command{test::Fire{}}, "no-op"},
                                      std::pair{test::Counter::Command{test::Add{2}}, "two"}})
      ASSERT_TRUE(rig.runner(node).submit({input_of(entity, command, id),
                                           [&](const engine::Reply& reply) { positions.push_back(reply.position); },
                                           std::nullopt}));
    rig.run();
  };
  ask(0);
  ask(0);
  ask(1);
  ASSERT_EQ(positions.size(), 9U);
  for (std::size_t i = 3; i < positions.size(); ++i) EXPECT_EQ(positions[i], positions[i - 3]) << i;
}

// Rows whose last batch had no records were taken for those of another log, and made anew at every start.
TEST(Reproduction, RowsBehindABatchWithoutRecordsAreKept) {
  Rig rig(1);
  const auto entity = Rig::id_in(0, 1);
  rig.give_all(0);
  rig.submit(0, entity, test::Add{1}, "a");
  rig.run();
  rig.submit(0, entity, test::Fire{}, "no-op");
  rig.run();
  engine::StateChanges mark;
  mark.entities.emplace_back(entity, engine::EntityRow{1, 1, "kept", "kept", R"({"total":1,"armed_for":null})"});
  rig.store(0).apply(mark);
  rig.give_all(0);
  EXPECT_EQ(rig.store(0).entity(entity).value()->organisation, "kept");
}

TEST(Reproduction, AProjectionBehindABatchWithoutRecordsIsKept) {
  Rig rig(1);
  rig.give_all(0);
  rig.submit(0, Rig::id_in(0, 1), test::Fire{}, "no-op");
  rig.run();
  rig.submit(0, Rig::id_in(0, 1), test::Add{1}, "a");
  rig.run();
  const test::TempFolder folder;
  const auto store = projections::Store::open(folder.path() / "rows", projections::make_resources(1U << 20U, 1U << 20U),
                                              projections::Store::Mode::write)
                         .value();
  const auto projection = deployments::make_projection();
  projections::Host host(*projection, rig.log(), store);
  ASSERT_TRUE(host.catch_up());
  host.commit();
  EXPECT_TRUE(projections::Host::fits(host.marks(), rig.log()).value());
}

}  // namespace
}  // namespace hub::simulation
