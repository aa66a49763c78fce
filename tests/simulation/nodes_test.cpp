// Some nodes that share the log by its own group, send each other commands by it, and carry out what deployments owe to
// their hosts; under every fault at once, seed by seed.
#include <chrono>

#include "tests/simulation/campaign.hpp"

namespace hub::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 20;  // thirty times slower
#else
constexpr std::uint64_t kSeeds = 400;
#endif
constexpr std::uint64_t kSeedsLong = 10'000;
constexpr int kFailuresShown = 5;

TEST(SimulatedNodes, LoseRepeatAndOweNothingWhoeverComesAndGoes) {
  if (const auto seed = seed_asked_for()) {
    auto options = nodes_by_log(*seed);
    options.prints = true;
    EXPECT_EQ(run_and_check(options), "");
    return;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto seeds = seeds_asked_for().value_or(is_long() ? kSeedsLong : kSeeds);
  int failures = 0;
  Figures figures;
  for (std::uint64_t seed = 1; seed <= seeds && failures < kFailuresShown; ++seed) {
    const auto wrong = run_and_check(nodes_by_log(seed), &figures);
    if (!wrong.empty()) ++failures;
    EXPECT_EQ(wrong, "");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << R"({"name": "simulation_nodes", "value": )" << seeds << R"(, "commands": )"
            << seeds * nodes_by_log(0).workload.commands << R"(, "appends": )" << figures.appends << R"(, "unknown": )"
            << figures.unknown << R"(, "fenced": )" << figures.fenced << R"(, "crashes": )" << figures.crashes
            << R"(, "pauses": )" << figures.pauses << R"(, "leaves": )" << figures.leaves << R"(, "share_outs": )"
            << figures.share_outs << R"(, "seconds": )" << took.count() << "}\n";
}

}  // namespace
}  // namespace hub::simulation
