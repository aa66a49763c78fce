// Every append of a script answers unknown once: written, and not written.
#include <gtest/gtest.h>

#include "tests/simulation/script.hpp"

namespace hub::simulation {
namespace {

constexpr std::size_t kScriptLength = 200;

struct Played {
  std::map<std::string, std::vector<Rig::Answer>> answers;
  std::map<std::string, std::vector<std::string>> histories;
  std::uint64_t appends = 0;
};

/// `together`: so many commands are handed over before the runner goes on, so that batches have several.
Played play(const std::vector<ScriptLine>& script, std::size_t together,
            const std::function<void(log::SimulatedLog&)>& prepare) {
  Rig rig(1);
  rig.give_all(0);
  prepare(rig.storage());
  for (std::size_t number = 0; number < script.size(); ++number) {
    const auto& line = script[number];
    rig.submit(0, line.entity, line.command, line.command_id);
    if ((number + 1) % together == 0) rig.run();
  }
  rig.run();
  Played played{rig.answers(), {}, rig.storage().appends()};
  for (const auto& id : script_entities()) played.histories[id] = rig.history(id);
  return played;
}

void go_through(std::size_t together) {
  const auto script = make_script(kScriptLength, 3);
  const auto plain = play(script, together, [](log::SimulatedLog&) {});
  ASSERT_EQ(plain.answers.size(), kScriptLength);
  std::uint64_t points = 0;
  for (std::uint64_t point = 0; point < plain.appends; ++point) {
    for (const bool written : {false, true}) {
      const auto disturbed =
          play(script, together, [&](log::SimulatedLog& storage) { storage.fail_append(point, written); });
      ++points;
      ASSERT_EQ(disturbed.answers, plain.answers) << "append " << point << (written ? " written" : " not written");
      ASSERT_EQ(disturbed.histories, plain.histories) << "append " << point << (written ? " written" : " not written");
    }
  }
  std::cout << R"({"name": "unknown_points", "value": )" << points << R"(, "commands_together": )" << together << "}\n";
}

TEST(Unknown, AtEveryAppendOfAScriptNothingIsDoneTwiceAndEachCallerHearsTheTruth) {
  go_through(1);
}

TEST(Unknown, AtEveryAppendOfAScriptInBatchesToo) {
  go_through(8);
}

TEST(Unknown, WhileTheLogRefusesClaimsNothingElseIsDecidedAndThenAllIsAnswered) {
  Rig rig(1);
  rig.give_all(0);
  const auto id = Rig::id_in(0, 1);
  rig.storage().fail_append(0, true);
  rig.storage().set_faults({.claim_refused = 1});
  rig.submit(0, id, test::Add{1}, "a");
  rig.run(0);
  rig.submit(0, id, test::Add{2}, "b");
  rig.run(0);
  EXPECT_TRUE(rig.answers().empty());
  rig.storage().set_faults({});
  rig.run(0);
  EXPECT_EQ(rig.answers().at("a"), (std::vector<Rig::Answer>{{"ok", 1}}));
  EXPECT_EQ(rig.answers().at("b"), (std::vector<Rig::Answer>{{"ok", 2}}));
}

}  // namespace
}  // namespace hub::simulation
