#pragma once
#include "tests/simulation/random.hpp"
#include "tests/simulation/rig.hpp"

namespace hub::simulation {

struct ScriptLine {
  std::string entity;
  test::Counter::Command command;
  std::string command_id;
};

/// Commands that add, are refused, do nothing, and pass on to entities of other partitions.
inline std::vector<ScriptLine> make_script(std::size_t length, std::uint64_t seed) {
  Random random(seed);
  std::vector<ScriptLine> script;
  const auto any = [&] {
    return Rig::id_in(static_cast<PartitionId>(random.below(Rig::kPartitions)), static_cast<int>(random.below(3)));
  };
  for (std::size_t number = 0; number < length; ++number) {
    ScriptLine line{any(), test::Add{static_cast<std::int64_t>(1 + random.below(9))}, "s" + std::to_string(number)};
    const auto which = random.below(10);
    if (which < 2) line.command = test::Add{-static_cast<std::int64_t>(20 + random.below(90))};
    if (which == 9) line.command = test::Fire{};  // accepted, and nothing happens
    if (which >= 2 && which < 6) {
      auto to = any();
      while (to == line.entity) to = any();
      line.command = test::Pass{to, 3};
    }
    script.push_back(std::move(line));
  }
  return script;
}

/// All entities that a script may touch.
inline std::vector<std::string> script_entities() {
  std::vector<std::string> ids;
  for (PartitionId partition = 0; partition < Rig::kPartitions; ++partition)
    for (int number = 0; number < 3; ++number) ids.push_back(Rig::id_in(partition, number));
  return ids;
}

}  // namespace hub::simulation
