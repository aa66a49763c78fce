#include <gmock/gmock.h>

#include "tests/engine/bench.hpp"

namespace hub::test {
namespace {

using testing::ElementsAre;

TEST(Runner, ACommandBecomesAnEventARowAndAnAnswer) {
  Bench bench;
  const auto id = Bench::id(1);
  const auto reply = bench.send(id, Add{5});
  EXPECT_FALSE(reply.refusal);
  EXPECT_EQ(reply.version, 1U);
  EXPECT_EQ(reply.position.partition, partition_of(id, 4));
  ASSERT_NE(reply.batch, nullptr);
  EXPECT_EQ(reply.batch->records.back().entity, id);
  EXPECT_EQ(bench.total(id), 5);
  EXPECT_THAT(bench.history(id), ElementsAre("computehub.counter.added.v1 {\"amount\":5}"));
}

TEST(Runner, ARefusalChangesNothingAndIsNotAppended) {
  Bench bench;
  const auto id = Bench::id(1);
  const auto head = bench.log->head(partition_of(id, 4));
  const auto reply = bench.send(id, Add{-1});
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(reply.refusal->code, "counter.negative");
  EXPECT_EQ(bench.log->head(partition_of(id, 4)), head);
}

TEST(Runner, CommandsOfOneBatchSeeEachOther) {
  Bench bench;
  const auto id = Bench::id(1);
  ASSERT_TRUE(bench.submit(id, Add{3}));
  ASSERT_TRUE(bench.submit(id, Add{-2}));
  const auto reply = bench.send(id, Add{-2});
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(bench.total(id), 1);
  EXPECT_EQ(bench.runner->metrics().batches, 1U);
}

TEST(Runner, TheSameCommandIsDecidedOnce) {
  Bench bench;
  const auto id = Bench::id(1);
  const auto first = bench.send(id, Add{5}, "key");
  const auto again = bench.send(id, Add{5}, "key");
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(again.position, first.position);
  EXPECT_EQ(bench.total(id), 5);
}

TEST(Runner, TheSameCommandInOneBatchIsDecidedOnce) {
  Bench bench;
  const auto id = Bench::id(1);
  int answers = 0;
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(bench.submit(id, Add{1}, "key", [&](const engine::Reply& reply) {
      EXPECT_FALSE(reply.refusal);
      EXPECT_EQ(reply.version, 1U);
      ++answers;
    }));
  bench.run();
  EXPECT_EQ(answers, 100);
  EXPECT_EQ(bench.total(id), 1);
}

TEST(Runner, TheSameKeyWithAnotherBodyIsRefused) {
  Bench bench;
  const auto id = Bench::id(1);
  bench.send(id, Add{5}, "key");
  const auto other = bench.send(id, Add{6}, "key");
  ASSERT_TRUE(other.refusal);
  EXPECT_EQ(other.refusal->code, "idempotency.other_body");
  EXPECT_EQ(bench.total(id), 5);
}

TEST(Runner, ARepeatIsKnownAfterARestartWithoutRows) {
  Bench bench;
  const auto id = Bench::id(1);
  const auto first = bench.send(id, Add{5}, "key");
  bench.restart_without_rows();
  EXPECT_EQ(bench.total(id), 5);
  const auto again = bench.send(id, Add{5}, "key");
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(bench.total(id), 5);
}

TEST(Runner, AKeyIsForgottenAfterADay) {
  Bench bench;
  const auto id = Bench::id(1);
  bench.send(id, Add{1}, "creates");
  bench.send(id, Add{5}, "key");
  // By the time of the batch, so that every reader of the log forgets it at the same moment.
  bench.now = bench.log->head(partition_of(id, 4)).index_time + seconds(24 * 3'600 + 1);
  bench.send(id, Add{5}, "key");
  EXPECT_EQ(bench.total(id), 11);
  // The one that made the entity is known as long as the entity is.
  EXPECT_TRUE(bench.send(id, Add{1}, "creates").repeated);
}

TEST(Runner, WithoutRoomOnTheDiskCommandsAreRefusedAndEverythingElseWaits) {
  bool has_room = true;
  engine::RunnerOptions options;
  options.has_room = [&] { return has_room; };
  Bench bench(std::move(options));
  const auto id = Bench::id(1);
  bench.send(id, Add{5});
  has_room = false;
  const auto head = bench.log->head(partition_of(id, 4));
  engine::Input result;
  result.source = engine::Input::Source::effect;
  result.entity = id;
  result.type = "Add";
  result.data = R"({"amount":2})";
  ASSERT_TRUE(bench.runner->submit({std::move(result), {}, std::nullopt}));
  const auto refused = bench.send(id, Add{1}, "key");
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->http_status(), 507);
  EXPECT_EQ(refused.refusal->code, "disk.full");
  EXPECT_GT(refused.refusal->retry_after_ms, 0);
  EXPECT_EQ(bench.log->head(partition_of(id, 4)), head);
  EXPECT_TRUE(bench.runner->metrics().held);
  EXPECT_EQ(bench.runner->queued(), 1U);
  // With room again the one that waited is decided, and the key of the refused one is free.
  has_room = true;
  bench.run();
  EXPECT_EQ(bench.total(id), 7);
  EXPECT_FALSE(bench.send(id, Add{1}, "key").repeated);
  EXPECT_EQ(bench.total(id), 8);
}

TEST(Runner, AnExpiredCommandIsRefusedAndMayBeTriedAgain) {
  Bench bench;
  const auto id = Bench::id(1);
  engine::Input input;
  input.entity = id;
  input.type = "Add";
  input.data = "{\"amount\":1}";
  input.command_id = "key";
  input.deadline = bench.now - seconds(1);
  std::string code;
  const auto done = [&](const engine::Reply& reply) { code = reply.refusal ? reply.refusal->code : "accepted"; };
  ASSERT_TRUE(bench.runner->submit({input, done, std::nullopt}));
  bench.run();
  EXPECT_EQ(code, "command.expired");
  input.deadline = bench.now + seconds(1);
  ASSERT_TRUE(bench.runner->submit({input, done, std::nullopt}));
  bench.run();
  EXPECT_EQ(code, "accepted");
}

TEST(Runner, AMessageWithinAShardIsDeliveredInTheSameBatch) {
  Bench bench;
  const auto from = Bench::id_on(7, 1), to = Bench::id_on(7, 2);
  bench.send(from, Pass{to, 4});
  EXPECT_EQ(bench.total(to), 4);
  EXPECT_EQ(bench.runner->metrics().batches, 1U);
}

TEST(Runner, AMessageToAnotherShardIsDeliveredOnce) {
  Bench bench;
  const auto from = Bench::id_on(7, 1), to = Bench::id_on(900, 2);
  bench.send(from, Pass{to, 4});
  EXPECT_EQ(bench.total(to), 4);
  bench.restart();
  EXPECT_EQ(bench.total(to), 4);
  bench.restart_without_rows();
  EXPECT_EQ(bench.total(to), 4);
  EXPECT_EQ(bench.history(to).size(), 1U);
}

TEST(Runner, AMessageThatACrashLeftBehindIsDelivered) {
  Bench bench;
  const auto from = Bench::id_on(7, 1), to = Bench::id_on(900, 2);
  ASSERT_TRUE(bench.submit(from, Pass{to, 4}));
  bench.runner->step();  // the sender's batch only
  EXPECT_EQ(bench.total(to), 0);
  bench.restart_without_rows();
  EXPECT_EQ(bench.total(to), 4);
}

TEST(Runner, TimersAndEffectsComeFromTheAgendaAndOnce) {
  Bench bench;
  const auto id = Bench::id(1);
  bench.send(id, Arm{bench.now + seconds(10)});
  ASSERT_EQ(bench.effects.requests.size(), 1U);
  EXPECT_EQ(bench.effects.requests[0].name, "call");
  bench.now = bench.now + seconds(9);
  bench.run();
  EXPECT_EQ(bench.total(id), 0);
  bench.now = bench.now + seconds(1);
  bench.run();
  EXPECT_EQ(bench.total(id), 1);
  bench.run();
  EXPECT_EQ(bench.total(id), 1);
  EXPECT_EQ(bench.effects.requests.size(), 1U);
}

TEST(Runner, ATimerThatIsDueWhileTheClockIsSetBackIsNotLost) {
  Bench bench;
  const auto id = Bench::id(1);
  bench.send(id, Arm{bench.now + seconds(10)});
  bench.now = bench.now + seconds(10);
  bench.set_back_each_look = milliseconds(1);
  bench.run();
  bench.set_back_each_look = {};
  EXPECT_EQ(bench.total(id), 1);
}

TEST(Runner, TheAgendaRepeatsAfterACrashWhatWasUnderWay) {
  Bench bench;
  const auto id = Bench::id(1);
  bench.send(id, Arm{bench.now + seconds(10)});
  bench.restart_without_rows();
  EXPECT_EQ(bench.effects.requests.size(), 2U);
  bench.now = bench.now + seconds(11);
  bench.run();
  EXPECT_EQ(bench.total(id), 1);
}

TEST(Runner, ACommandThatThrowsGoesToDeadLettersAndTheEntityGoesOn) {
  Bench bench;
  const auto id = Bench::id(1);
  const auto reply = bench.send(id, ThrowInDecide{"exact \" bytes"});
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(reply.refusal->code, "internal");
  const auto letters = bench.store->dead_letters(10);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].input.data, encode_command(ThrowInDecide{"exact \" bytes"}));
  EXPECT_FALSE(bench.send(id, Add{1}).refusal);
}

TEST(Runner, AnEntityThatDoesNotEvolveIsSetAsideAndTheOthersGoOn) {
  Bench bench;
  const auto bad = Bench::id(1), good = Bench::id(2);
  bench.send(bad, Add{1});
  EXPECT_EQ(bench.send(bad, ThrowInEvolve{}).refusal->code, "entity.quarantined");
  EXPECT_EQ(bench.send(bad, Add{1}).refusal->code, "entity.quarantined");
  EXPECT_FALSE(bench.send(good, Add{1}).refusal);
  // Nothing of it was written, so a new start finds it whole.
  EXPECT_EQ(bench.history(bad).size(), 1U);
  bench.restart();
  EXPECT_FALSE(bench.send(bad, Add{1}).refusal);
}

TEST(Runner, MoreWaitingCommandsThanTheLimitAreRefused) {
  engine::RunnerOptions options;
  options.commands_per_partition_max = 3;
  Bench bench(options);
  const auto id = Bench::id(1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.submit(id, Add{1}));
  const auto full = bench.submit(id, Add{1});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, "queue.full");
  EXPECT_GT(full.error().retry_after_ms, 0);
  bench.run();
  EXPECT_TRUE(bench.submit(id, Add{1}));
}

TEST(Runner, OneEntityDoesNotTakeTheWholeBatch) {
  engine::RunnerOptions options;
  options.inputs_per_entity_max = 2;
  Bench bench(options);
  const auto busy = Bench::id_on(7, 1), other = Bench::id_on(7, 2);
  std::vector<std::string> order;
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(bench.submit(busy, Add{1}, {},
                             [&](const engine::Reply& r) { order.push_back("busy" + std::to_string(r.version)); }));
  ASSERT_TRUE(bench.submit(other, Add{1}, {}, [&](const engine::Reply&) { order.push_back("other"); }));
  bench.run();
  EXPECT_THAT(order, ElementsAre("busy1", "busy2", "other", "busy3", "busy4", "busy5"));
}

TEST(Runner, TheLeastUsedEntitiesAreLetGoAndComeBack) {
  engine::RunnerOptions options;
  options.active.actors_max = 2;
  Bench bench(options);
  for (int round = 1; round <= 3; ++round)
    for (int i = 0; i < 10; ++i) EXPECT_EQ(bench.send(Bench::id(i), Add{1}).version, static_cast<Version>(round));
  EXPECT_EQ(bench.runner->metrics().active, 2U);
}

TEST(Runner, ARowThatDoesNotVerifyIsRebuiltFromTheLog) {
  engine::RunnerOptions options;
  options.active.actors_max = 1;
  Bench bench(options);
  const auto id = Bench::id(1);
  bench.send(id, Add{5});
  bench.send(id, Add{2});
  engine::StateChanges lie;
  lie.entities.emplace_back(id, engine::EntityRow{99, 1, "default", "default", "{\"total\":1000}"});
  bench.store->apply(lie);
  bench.restart();
  EXPECT_EQ(bench.send(id, Add{1}).version, 3U);
  EXPECT_EQ(bench.total(id), 8);
}

TEST(Runner, RowsOfAnotherLogAreBuiltAnew) {
  Bench one, two;
  const auto id = Bench::id(1);
  one.send(id, Add{5});
  two.send(id, Add{7});
  two.send(id, Add{7});
  one.store = std::move(two.store);
  two.store = engine::make_memory_state_store();
  one.restart();
  EXPECT_EQ(one.total(id), 5);
}

TEST(Runner, EventsCarryWhoseEntityTheyAreAbout) {
  Bench bench;
  const auto id = Bench::id(1);
  bench.send(id, Arm{bench.now + seconds(1)});
  bench.now = bench.now + seconds(2);
  bench.run();
  const auto events = bench.log->history(id, 1, 10);
  ASSERT_EQ(events.value().size(), 2U);
  EXPECT_EQ(events.value()[1].record.actor, "system");
  EXPECT_EQ(events.value()[1].record.project, "default");
}

}  // namespace
}  // namespace hub::test
