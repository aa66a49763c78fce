// Three nodes under every fault at once, seed by seed.
#include <chrono>

#include "tests/simulation/campaign.hpp"

namespace hub::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 100;  // thirty times slower
#else
constexpr std::uint64_t kSeeds = 2'000;
#endif
constexpr std::uint64_t kSeedsLong = 10'000;
constexpr std::size_t kCommandsLong = 2'000;
constexpr int kFailuresShown = 5;

WorldOptions options_of(std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  if (is_long()) {
    options.workload = {kCommandsLong, 40, 20};
    options.active = seconds(20);
  }
  return options;
}

TEST(Simulation, NothingIsLostRepeatedOrInventedWhateverFails) {
  if (const auto seed = seed_asked_for()) {
    auto options = options_of(*seed);
    options.prints = true;
    EXPECT_EQ(run_and_check(options), "");
    return;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto seeds = seeds_asked_for().value_or(is_long() ? kSeedsLong : kSeeds);
  int failures = 0;
  std::uint64_t commands = 0;
  Figures figures;
  for (std::uint64_t seed = 1; seed <= seeds && failures < kFailuresShown; ++seed) {
    const auto wrong = run_and_check(options_of(seed), &figures);
    if (!wrong.empty()) ++failures;
    EXPECT_EQ(wrong, "");
    commands += options_of(seed).workload.commands;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << R"({"name": "simulation_seeds", "value": )" << seeds << R"(, "commands": )" << commands
            << R"(, "appends": )" << figures.appends << R"(, "unknown": )" << figures.unknown << R"(, "fenced": )"
            << figures.fenced << R"(, "crashes": )" << figures.crashes << R"(, "pauses": )" << figures.pauses
            << R"(, "moves": )" << figures.moves << R"(, "seconds": )" << took.count() << "}\n";
}

}  // namespace
}  // namespace hub::simulation
