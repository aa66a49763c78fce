#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/simulation/checker.hpp"
#include "tests/simulation/world.hpp"

namespace hub::simulation {

/// True when the long campaigns are asked for (HUB_LONG=1).
inline bool is_long() {
  const char* value = std::getenv("HUB_LONG");
  return value != nullptr && std::string(value) == "1";
}
inline std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return std::strtoull(value, nullptr, 10);
}
/// HUB_SEED: run this seed alone and print its faults.
inline std::optional<std::uint64_t> seed_asked_for() {
  return number_in_environment("HUB_SEED");
}
/// HUB_SEEDS: run so many.
inline std::optional<std::uint64_t> seeds_asked_for() {
  return number_in_environment("HUB_SEEDS");
}

/// Some nodes that share the log by its own group and send each other commands by it. How many they are and what
/// happens to them is the seed's choice.
inline WorldOptions nodes_by_log(std::uint64_t seed) {
  constexpr Duration kLate = milliseconds(600);
  WorldOptions options;
  options.seed = seed;
  options.by_log = true;
  options.nodes = 3 + seed % 4;
  options.crashes_per_second = options.pauses_per_second = 1.5;
  options.leaves_per_second = 1.0;
  if (seed % 3 == 0) {
    // A storm: they come and go all the time.
    options.leaves_per_second = 6.0;
    options.crashes_per_second = 3.0;
  }
  if (seed % 5 == 0) {
    // What others write and send is heard of late, some of it behind the end of a session.
    options.log_faults.delay_max = kLate;
    options.input_faults.delay_max = kLate;
  }
  if (seed % 7 == 0) options.log_faults.unknown = options.input_faults.publish_unknown = 0.2;
  return options;
}

/// Runs a world and checks it; what is wrong, with the seed in front. Adds to `figures` when there are any.
inline std::string run_and_check(WorldOptions options, Figures* figures = nullptr) {
  const auto seed = options.seed;
  World world(std::move(options));
  const bool settled = world.run();
  std::string text;
  for (const auto& wrong : check(world, settled)) text += "\n  " + wrong;
  if (figures != nullptr) {
    const auto& run = world.figures();
    figures->appends += run.appends;
    figures->unknown += run.unknown;
    figures->fenced += run.fenced;
    figures->crashes += run.crashes;
    figures->pauses += run.pauses;
    figures->moves += run.moves;
    figures->leaves += run.leaves;
    figures->share_outs += world.storage().group().generation();
  }
  return text.empty() ? text : "HUB_SEED=" + std::to_string(seed) + text;
}

}  // namespace hub::simulation
