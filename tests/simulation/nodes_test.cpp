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
constexpr Duration kLate = milliseconds(600);

WorldOptions options_of(std::uint64_t seed) {
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

TEST(SimulatedNodes, LoseRepeatAndOweNothingWhoeverComesAndGoes) {
  if (const auto seed = seed_asked_for()) {
    auto options = options_of(*seed);
    options.prints = true;
    EXPECT_EQ(run_and_check(options), "");
    return;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto seeds = seeds_asked_for().value_or(is_long() ? kSeedsLong : kSeeds);
  int failures = 0;
  Figures figures;
  for (std::uint64_t seed = 1; seed <= seeds && failures < kFailuresShown; ++seed) {
    const auto wrong = run_and_check(options_of(seed), &figures);
    if (!wrong.empty()) ++failures;
    EXPECT_EQ(wrong, "");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << R"({"name": "simulation_nodes", "value": )" << seeds << R"(, "commands": )"
            << seeds * options_of(0).workload.commands << R"(, "appends": )" << figures.appends << R"(, "unknown": )"
            << figures.unknown << R"(, "fenced": )" << figures.fenced << R"(, "crashes": )" << figures.crashes
            << R"(, "pauses": )" << figures.pauses << R"(, "leaves": )" << figures.leaves << R"(, "share_outs": )"
            << figures.share_outs << R"(, "seconds": )" << took.count() << "}\n";
}

}  // namespace
}  // namespace hub::simulation
