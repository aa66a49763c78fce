// Projects and API keys as the server has them: hosted by the engine, recorded in the log, followed by the access rows.
#include <gmock/gmock.h>

#include <caf/actor_system.hpp>

#include "actors/accounts/api_key.hpp"
#include "actors/accounts/create_key_offline.hpp"
#include "actors/accounts/project.hpp"
#include "actors/engine/entity_actor.hpp"
#include "actors/engine/runner.hpp"
#include "actors/engine/unscheduled.hpp"
#include "events/accounts/token.hpp"
#include "events/log/embedded_log.hpp"
#include "projections/accounts/access_store.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::accounts {
namespace {

struct NoEffects final : engine::EffectSink {
  void start(engine::EffectRequest) override { ADD_FAILURE() << "projects and keys ask for nothing outside"; }
};

struct Hosted : testing::Test {
  test::TempFolder temp;
  std::unique_ptr<engine::StateStore> states = engine::make_memory_state_store();
  engine::Kinds kinds;
  NoEffects effects;
  engine::UnscheduledConfig config;
  caf::actor_system system{config};
  std::unique_ptr<log::Log> log;
  std::unique_ptr<AccessStore> access;
  std::unique_ptr<engine::Runner> runner;
  int commands = 0;

  Hosted() {
    kinds.add(engine::host<Project>());
    kinds.add(engine::host<ApiKey>());
    start();
  }
  void start() {
    log = log::open_embedded_log({temp.path() / "log", 4, false, true, 4 << 20}).value();
    access = AccessStore::open(temp.path() / "accounts-v1", *log).value();
    runner = std::make_unique<engine::Runner>(engine::RunnerOptions{}, *log, *states, kinds, system, effects);
    for (PartitionId partition = 0; partition < log->partitions(); ++partition) ASSERT_TRUE(runner->own(partition));
    run();
  }
  void stop() {
    runner.reset();
    access.reset();
    log.reset();
  }
  void run() {
    while (runner->step()) {
    }
  }

  /// The refusal's code, or nothing.
  template <class Command>
  std::string send(const std::string& entity, const Command& command) {
    engine::Input input;
    input.entity = entity;
    input.type = Command::type;
    input.data = encode_command(command);
    input.command_id = "command-" + std::to_string(++commands);
    input.actor = "user:ann";
    input.organisation = "default";
    input.project = "default";
    std::string code = "not answered";
    const auto done = [&](const engine::Reply& reply) { code = reply.refusal ? reply.refusal->code : ""; };
    EXPECT_TRUE(runner->submit({std::move(input), done, std::nullopt}));
    run();
    return code;
  }
};

TEST_F(Hosted, AKeyThatWasMadeWhileTheServerWasStoppedIsKnownToItAndCanBeRevoked) {
  stop();
  log = log::open_embedded_log({temp.path() / "log", 4, false, true, 4 << 20}).value();
  const auto key = create_key_offline(*log, log::Signer::temporary(), {}, wall_now());
  ASSERT_TRUE(key);
  stop();
  start();
  EXPECT_TRUE(access->table().find(key.value().token, wall_now()));
  EXPECT_EQ(send(key.value().id, RevokeApiKey{}), "");
  EXPECT_FALSE(access->table().find(key.value().token, wall_now()));
}

TEST_F(Hosted, RightsOutliveARestartOfTheServer) {
  const auto id = derive_id(kApiKeyPrefix, "k", 0), lab = project_id("default", "lab");
  EXPECT_EQ(send(lab, CreateProject{"lab"}), "");
  EXPECT_EQ(send(lab, CreateProject{"lab"}), "project.exists");
  EXPECT_EQ(send(id, CreateApiKey{"ci", "lab", Role::dev, {}, token_hash("chk_one"), ""}), "");
  stop();
  start();
  EXPECT_TRUE(access->table().find("chk_one", wall_now())->may(Role::dev, "lab"));
  EXPECT_TRUE(access->table().user("default", "ann")->may(Role::admin, "lab"));
  EXPECT_EQ(send(lab, CreateProject{"lab"}), "project.exists");
  EXPECT_EQ(send(id, RevokeApiKey{}), "");
  EXPECT_FALSE(access->table().find("chk_one", wall_now()));
}

TEST_F(Hosted, TheDefaultProjectTakesMembersBeforeAnythingElseHappened) {
  EXPECT_EQ(send(project_id("default", "default"), SetMember{"bob", Role::viewer}), "");
  EXPECT_TRUE(access->table().user("default", "bob")->may(Role::viewer, "default"));
}

}  // namespace
}  // namespace hub::accounts
