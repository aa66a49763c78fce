#include "adapters/agents/identity.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace hub::agents {
namespace {

TEST(AgentIdentity, IsDrawnOnceAndItsGenerationsGrowOverEveryStart) {
  test::TempFolder folder;
  std::string id;
  std::uint64_t last = 0;
  for (const auto now : {Instant{5'000}, Instant{9'000}, Instant{100}}) {
    auto identity = Identity::open(folder.path() / "agent");
    ASSERT_TRUE(identity) << identity.error().detail;
    if (id.empty()) id = identity.value().id();
    EXPECT_EQ(identity.value().id(), id);
    for (int i = 0; i < 3; ++i) {
      const auto drawn = identity.value().draw_generation(now);
      ASSERT_TRUE(drawn);
      EXPECT_GT(drawn.value(), last) << "also when the clock goes back";
      last = drawn.value();
    }
  }
}

TEST(AgentIdentity, OneAgentHoldsAFolderAtATime) {
  test::TempFolder folder;
  {
    const auto first = Identity::open(folder.path() / "agent");
    ASSERT_TRUE(first);
    EXPECT_EQ(Identity::open(folder.path() / "agent").error().code, "agent.running");
  }
  EXPECT_TRUE(Identity::open(folder.path() / "agent"));
}

TEST(AgentIdentity, ADamagedFileIsNotTakenForANewMachine) {
  test::TempFolder folder;
  ASSERT_TRUE(Identity::open(folder.path() / "agent"));
  std::ofstream(folder.path() / "agent" / "identity.json", std::ios::trunc) << "{";
  EXPECT_EQ(Identity::open(folder.path() / "agent").error().code, "agent.identity");
}

}  // namespace
}  // namespace hub::agents
