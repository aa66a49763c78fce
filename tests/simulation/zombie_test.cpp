// An owner stands still at its append, another claims and writes, and the first goes on.
#include <gtest/gtest.h>

#include "tests/simulation/script.hpp"

namespace hub::simulation {
namespace {

constexpr std::size_t kScriptLength = 200;

enum class Where { before_commit, behind_commit };

/// Plays a script on node 0, which stands still at append `point` while node 1 takes over; what node 0 did not answer
/// with a decision is asked again at node 1.
void stand_still_at(const std::vector<ScriptLine>& script, std::size_t point, Where where) {
  Rig rig(2);
  rig.give_all(0);
  std::size_t appends = 0;
  const auto take_over = [&] {
    if (appends++ != point) return;
    rig.give_all(1);
    rig.submit(1, script.front().entity, test::Add{100}, "other");
    rig.run(1);
  };
  if (where == Where::before_commit)
    rig.before_append(0, take_over);
  else
    rig.behind_append(0, take_over);
  for (std::size_t number = 0; number < script.size(); ++number) {
    rig.submit(0, script[number].entity, script[number].command, script[number].command_id);
    if (number % 8 == 7) rig.run(0);
  }
  rig.run();
  std::map<std::string, Rig::Answer> first;
  for (const auto& [id, answers] : rig.answers()) first[id] = answers.front();
  for (const auto& line : script) rig.submit(1, line.entity, line.command, line.command_id);
  rig.run();

  std::map<std::string, std::size_t> events;
  for (const auto& id : script_entities()) {
    const auto history = rig.log().history(id, 1, 100'000);
    for (const auto& event : history.value()) ++events[event.record.command_id + " " + id];
  }
  for (const auto& line : script) {
    const auto& last = rig.answers().at(line.command_id).back();
    const auto& heard = first.at(line.command_id);
    // No false answer: who heard a decision from the one that was replaced hears the same from the other.
    if (heard.code != "partition.moved") {
      ASSERT_EQ(heard, last) << line.command_id << " at append " << point;
    }
    const bool changes = last.code == "ok" && !std::holds_alternative<test::Fire>(line.command);
    ASSERT_EQ(events[line.command_id + " " + line.entity], changes ? 1U : 0U)
        << line.command_id << " at append " << point;
    if (const auto* pass = std::get_if<test::Pass>(&line.command); pass != nullptr && last.code == "ok") {
      ASSERT_EQ(events[line.command_id + " " + pass->to], 1U) << line.command_id << " at append " << point;
    }
  }
  for (PartitionId partition = 0; partition < Rig::kPartitions; ++partition)
    EXPECT_FALSE(rig.runner(0).owns(partition));
}

TEST(Zombie, ThatIsReplacedBetweenDecisionAndCommitWritesNothingAndAcknowledgesNothing) {
  const auto script = make_script(kScriptLength, 5);
  for (std::size_t point = 0; point < kScriptLength / 8; ++point) stand_still_at(script, point, Where::before_commit);
}

TEST(Zombie, ThatIsReplacedBehindItsCommitTellsTheTruth) {
  const auto script = make_script(kScriptLength, 6);
  for (std::size_t point = 0; point < kScriptLength / 8; ++point) stand_still_at(script, point, Where::behind_commit);
}

TEST(Zombie, ThatHasNothingToWriteStopsAnsweringOnceItHears) {
  Rig rig(2);
  rig.give_all(0);
  const auto id = Rig::id_in(0, 1);
  rig.submit(0, id, test::Add{1}, "a");
  rig.run();
  rig.give_all(1);
  rig.submit(1, id, test::Add{1}, "b");
  rig.run();
  EXPECT_FALSE(rig.runner(0).owns(0));
  rig.submit(0, id, test::Add{1}, "a");
  rig.run();
  EXPECT_EQ(rig.answers().at("a").back().code, "partition.moved");
}

}  // namespace
}  // namespace hub::simulation
