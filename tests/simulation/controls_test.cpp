// Each protection taken out once: the check must notice within the seeds of the ordinary run.
#include "tests/simulation/controls.hpp"

#include "tests/simulation/campaign.hpp"

namespace hub::simulation {
namespace {

constexpr std::uint64_t kSeedsMax = 2'000;

WorldOptions plain(std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  return options;
}

void expect_noticed(const std::string& protection, const Decorations& decorations,
                    WorldOptions (*options_of)(std::uint64_t) = plain) {
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    auto options = options_of(seed);
    options.decorations = decorations;
    const auto wrong = run_and_check(options);
    if (wrong.empty()) continue;
    std::cout << R"({"name": "simulation_without_)" << protection << R"(", "value": )" << seed
              << R"(, "unit": "seeds until it is noticed", "first": ")"
              << wrong.substr(0, wrong.find('\n', wrong.find('\n') + 1)).substr(wrong.find('\n') + 3) << "\"}\n";
    return;
  }
  FAIL() << "the check is green without " << protection;
}

TEST(Controls, WithoutDedupTheCheckFails) {
  expect_noticed("dedup", without_dedup());
}
TEST(Controls, WithoutPositionsOfMessagesTheCheckFails) {
  expect_noticed("message_positions", without_message_positions());
}
TEST(Controls, WithoutEpochsTheCheckFails) {
  expect_noticed("epochs", without_epochs());
}
TEST(Controls, WithoutReadingBackTheCheckFails) {
  expect_noticed("read_back", without_read_back());
}

TEST(Controls, WithLostCommandsTheCheckFails) {
  expect_noticed("every_command", with_lost_commands(), nodes_by_log);
}
TEST(Controls, WithLostEffectsTheCheckFails) {
  expect_noticed("every_effect", with_lost_effects(), nodes_by_log);
}
TEST(Controls, WithoutPositionsOfCommandsTheCheckFails) {
  expect_noticed("command_positions", without_command_positions(), nodes_by_log);
}
TEST(Controls, WithoutAgendasOfWhatIsTakenUpTheCheckFails) {
  expect_noticed("agendas", without_agendas(), nodes_by_log);
}
// Each of them alone keeps out whoever was replaced.
TEST(Controls, WithoutEpochsAndTheFenceOfTheGroupTheCheckFails) {
  expect_noticed("epochs_and_group", without_epochs(), [](std::uint64_t seed) {
    auto options = nodes_by_log(seed);
    options.group_fences = false;
    return options;
  });
}

}  // namespace
}  // namespace hub::simulation
