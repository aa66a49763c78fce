// What cannot be decided, applied or read: the entity it meets stops or goes on as it should, the others do not notice.
#include <gmock/gmock.h>

#include "events/log/chain.hpp"
#include "tests/simulation/script.hpp"

namespace hub::simulation {
namespace {

/// Writes events to the log as another release would.
void write_events(Rig& rig, const std::string& entity, const std::vector<std::pair<std::string, std::string>>& events) {
  const auto node = rig.storage().open();
  const auto partition = partition_of(entity, Rig::kPartitions);
  auto head = node->claim(partition, "newer").value();
  log::Batch batch;
  batch.partition = partition;
  batch.end.epoch = head.epoch;
  auto version = node->history(entity, 1, 100'000).value().size();
  for (const auto& [type, data] : events) {
    auto& record = batch.records.emplace_back();
    record.type = type;
    record.data = data;
    record.entity = entity;
    record.version = ++version;
    record.organisation = record.project = "default";
  }
  log::seal(batch, head);
  HUB_ASSERT(node->append({std::make_shared<const log::Batch>(std::move(batch))}) == log::Append::committed);
}

std::string code_of(const Rig& rig, const std::string& command_id) {
  return rig.answers().at(command_id).back().code;
}

const std::vector<std::pair<std::string, std::string>> kNewer = {
    {"computehub.counter.added.v1", R"({"amount":1})"},
    {"computehub.counter.added.v2", R"({"amount":{"whole":1}})"},
    {"computehub.counter.added.v1", R"({"amount":1})"}};

void expect_stopped(Rig& rig, const std::string& entity, const std::string& other, std::size_t versions) {
  rig.submit(0, entity, test::Add{1}, "stopped");
  rig.submit(0, other, test::Add{1}, "goes on");
  rig.run();
  EXPECT_EQ(code_of(rig, "stopped"), "entity.quarantined");
  EXPECT_EQ(code_of(rig, "goes on"), "ok");
  EXPECT_EQ(rig.history(entity).size(), versions);
  EXPECT_EQ(rig.runner(0).quarantined().size(), 1U);
  EXPECT_EQ(rig.runner(0).quarantined().at(entity), "type.unknown: unknown type computehub.counter.added.v2");
}

TEST(NewerEvent, StopsItsEntityAndNoOther) {
  Rig rig(1);
  const auto entity = Rig::id_in(1, 1), other = Rig::id_in(1, 2);
  write_events(rig, entity, kNewer);
  rig.give_all(0);
  expect_stopped(rig, entity, other, 3);
}

TEST(NewerEvent, BehindARowThatIsKnownStopsItsEntityToo) {
  Rig rig(1);
  const auto entity = Rig::id_in(1, 1), other = Rig::id_in(1, 2);
  rig.give_all(0);
  rig.submit(0, entity, test::Add{5}, "before");
  rig.run();
  write_events(rig, entity, kNewer);
  rig.give_all(0);
  expect_stopped(rig, entity, other, 4);
}

TEST(NewerEvent, OfAnEntityThatIsLoadedStopsItToo) {
  Rig rig(2);
  const auto entity = Rig::id_in(1, 1), other = Rig::id_in(1, 2);
  rig.give_all(0);
  rig.submit(0, entity, test::Add{5}, "before");
  rig.run();
  write_events(rig, entity, kNewer);
  rig.run();
  EXPECT_FALSE(rig.runner(0).owns(1));
  rig.give_all(0);
  expect_stopped(rig, entity, other, 4);
}

TEST(NewerEvent, IsReadByTheReleaseThatKnowsIt) {
  // Stopping wrote nothing, so whoever knows the type goes on from the log.
  Rig rig(1);
  const auto entity = Rig::id_in(1, 1);
  write_events(rig, entity, kNewer);
  rig.give_all(0);
  rig.submit(0, entity, test::Add{1}, "stopped");
  rig.run();
  EXPECT_EQ(rig.store(0).entity(entity).value()->state_version, engine::kNotFolded);
  EXPECT_EQ(rig.store(0).entity(entity).value()->version, 0U);
}

TEST(Poison, OneCommandInAThousandThatThrowsHarmsNobodyElse) {
  constexpr int kCommands = 5'000;
  Rig rig(1);
  rig.give_all(0);
  std::map<std::string, std::int64_t> totals;
  std::vector<std::string> poison;
  Random random(1);
  for (int i = 0; i < kCommands; ++i) {
    const auto entity = Rig::id_in(static_cast<PartitionId>(random.below(4)), static_cast<int>(random.below(20)));
    if (i % 1'000 == 500) {
      poison.push_back(test::encode_command(test::ThrowInDecide{"exact \" bytes " + std::to_string(i)}));
      rig.submit(0, entity, test::ThrowInDecide{"exact \" bytes " + std::to_string(i)}, "p" + std::to_string(i));
    } else {
      totals[entity] += 1;
      rig.submit(0, entity, test::Add{1}, "c" + std::to_string(i));
    }
    if (i % 50 == 49) rig.run();
  }
  rig.run();
  for (const auto& [id, answers] : rig.answers())
    EXPECT_EQ(answers, (std::vector<Rig::Answer>{{id[0] == 'p' ? "internal" : "ok", answers[0].version}}));
  for (const auto& [entity, total] : totals)
    EXPECT_EQ(test::Counter::decode_state(rig.store(0).entity(entity).value()->state).value().total, total);
  std::vector<std::string> buried;
  for (const auto& letter : rig.store(0).dead_letters(100)) buried.push_back(letter.input.data);
  EXPECT_THAT(buried, testing::UnorderedElementsAreArray(poison));
}

TEST(Poison, AResultOfAnEffectThatIsGarbageGoesToDeadLettersWithItsBytes) {
  Rig rig(1);
  rig.give_all(0);
  const auto entity = Rig::id_in(0, 1);
  rig.submit(0, entity, test::Add{1}, "a");
  engine::Submission garbage;
  garbage.input.source = engine::Input::Source::effect;
  garbage.input.entity = entity;
  garbage.input.type = "Add";
  garbage.input.data = std::string("\x00\xff{\"amount\"", 11);
  ASSERT_TRUE(rig.runner(0).submit(garbage));
  rig.submit(0, entity, test::Add{1}, "b");
  rig.run();
  EXPECT_EQ(rig.answers().at("b").back(), (Rig::Answer{"ok", 2}));
  const auto letters = rig.store(0).dead_letters(10);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].input.data, garbage.input.data);
}

TEST(Poison, AMessageToAnEntityThatIsSetAsideIsKeptAndCanBeSentAgain) {
  Rig rig(1);
  rig.give_all(0);
  const auto from = Rig::id_in(0, 1), bad = Rig::id_in(2, 2);
  rig.submit(0, bad, test::ThrowInEvolve{}, "poison");
  rig.submit(0, from, test::Pass{bad, 7}, "pass");
  rig.run();
  EXPECT_EQ(code_of(rig, "poison"), "entity.quarantined");
  EXPECT_EQ(code_of(rig, "pass"), "ok");
  EXPECT_TRUE(rig.history(bad).empty());
  const auto letters = rig.store(0).dead_letters(10);
  ASSERT_EQ(letters.size(), 2U);
  const auto is_message = [](const auto& letter) { return letter.input.source == engine::Input::Source::message; };
  const auto kept = std::find_if(letters.begin(), letters.end(), is_message);
  ASSERT_NE(kept, letters.end());
  EXPECT_EQ(kept->input.entity, bad);
  EXPECT_EQ(kept->input.data, test::encode_command(test::Add{7}));
  // The next process finds the entity whole, since nothing of the poison was written.
  rig.restart(0);
  rig.give_all(0);
  engine::Submission again;
  again.input = engine::redrive_input(*kept, 0);
  ASSERT_TRUE(rig.runner(0).submit(again));
  ASSERT_TRUE(rig.runner(0).submit(again));
  rig.run();
  EXPECT_EQ(rig.history(bad).size(), 1U);
}

TEST(Snapshot, WithAnyByteFlippedIsMadeAnewFromTheLog) {
  Rig rig(1);
  rig.give_all(0);
  const auto entity = Rig::id_in(0, 1);
  for (int i = 0; i < 5; ++i) rig.submit(0, entity, test::Add{3}, "c" + std::to_string(i));
  rig.run();
  auto row = *rig.store(0).entity(entity).value();
  // Of another release, older or newer: not a byte of it is believed.
  for (const std::uint32_t version : {0U, 2U, 99U}) {
    engine::StateChanges lie;
    lie.entities.emplace_back(entity, engine::EntityRow{version, 3, "x", "y", R"({"total":1000})"});
    rig.store(0).apply(lie);
    rig.give_all(0);
    const auto id = "after " + std::to_string(version);
    rig.submit(0, entity, test::Add{3}, id);
    rig.run();
    EXPECT_EQ(code_of(rig, id), "ok");
    EXPECT_EQ(rig.answers().at(id).back().version, ++row.version);
  }
  EXPECT_EQ(test::Counter::decode_state(rig.store(0).entity(entity).value()->state).value().total, 24);
}

}  // namespace
}  // namespace hub::simulation
