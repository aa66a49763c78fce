#include <gmock/gmock.h>

#include "tests/cli/commands_fixture.hpp"

namespace hub::cli {
namespace {

using namespace testing::commands;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using LocalCommandsTest = testing::CommandsFixture;

TEST_F(LocalCommandsTest, WrongUsageIsSaidWithAHint) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"deplyo"}, "did you mean \"deploy\""},
      {{"ps", "--statsu", "x"}, "did you mean \"--status\""},
      {{}, "which command?"},
      {{"ps", "-o", "xml"}, "json"},
      {{"stop"}, "stop"},
      {{"ps", "--", "x"}, "only \"computehub deploy\""},
      {{"audit"}, "audit"},
      {{"ps", "--limit", "0"}, "1,000"},
      {{"deploy", "--env", "x", "--", "true"}, "--env"},
  };
  for (const auto& [arguments, hint] : cases) {
    EXPECT_EQ(terminal.run(arguments), Exit::usage) << hint;
    EXPECT_THAT(terminal.err, HasSubstr(hint));
    EXPECT_THAT(terminal.out, IsEmpty());
  }
  EXPECT_THAT(server.seen(), IsEmpty());
}

TEST_F(LocalCommandsTest, HelpHasExamples) {
  EXPECT_EQ(terminal.run({"--help"}), Exit::done);
  EXPECT_THAT(terminal.out, AllOf(HasSubstr("serve"), HasSubstr("Examples:"), HasSubstr("Exit codes")));
  EXPECT_EQ(terminal.run({"deploy", "--help"}), Exit::done);
  EXPECT_THAT(terminal.out, AllOf(HasSubstr("--env"), HasSubstr("computehub deploy"), HasSubstr("-o json")));
  EXPECT_EQ(terminal.run({"--version"}), Exit::done);
  EXPECT_EQ(terminal.out, "computehub " HUB_VERSION "\n");
}

TEST_F(LocalCommandsTest, HelpAndErrorsNameACommandByAllOfItsWords) {
  EXPECT_EQ(terminal.run({"--help"}), Exit::done);
  EXPECT_THAT(terminal.out, HasSubstr("Usage: computehub [OPTIONS]"));
  EXPECT_EQ(terminal.run({"audit", "export", "--help"}), Exit::done);
  EXPECT_THAT(terminal.out, HasSubstr("Usage: computehub audit export [OPTIONS]"));
  EXPECT_EQ(terminal.run({"keys", "create"}), Exit::usage);
  EXPECT_THAT(terminal.err, HasSubstr("\"computehub keys create --help\""));
  EXPECT_EQ(terminal.run({}), Exit::usage);
  EXPECT_THAT(terminal.err, HasSubstr("\"computehub --help\""));
}

TEST_F(LocalCommandsTest, CompletionKnowsCommandsAndFlags) {
  EXPECT_EQ(terminal.run({"completion"}), Exit::done);
  EXPECT_THAT(terminal.out,
              AllOf(HasSubstr("'audit verify') words='--"), HasSubstr("--against"), HasSubstr("complete ")));
}

TEST_F(LocalCommandsTest, FolderCommandsReachTheirHooks) {
  AuditVerify verify;
  Replay replayed;
  KeysCreate key;
  terminal.local.audit_verify = [&](const AuditVerify& wanted, Console& console) -> Result<Exit> {
    verify = wanted;
    console.line("first bad position: 3:17");
    return Exit::unverified;
  };
  terminal.local.replay = [&](const Replay& wanted, Console&) -> Result<Exit> {
    replayed = wanted;
    return not_found("deployment.not_found", "there is none");
  };
  terminal.local.keys_create = [&](const KeysCreate& wanted, Console&) -> Result<Exit> {
    key = wanted;
    return Exit::done;
  };
  EXPECT_EQ(
      terminal.run({"audit", "verify", "--data", "/d", "--against", "cp", "--public-key", "1", "--public-key", "2"}),
      Exit::unverified);
  EXPECT_EQ(verify.data, "/d");
  EXPECT_THAT(verify.public_keys, ::testing::ElementsAre("1", "2"));
  EXPECT_EQ(verify.against, "cp");
  EXPECT_EQ(terminal.run({"replay", kId, "--at", "3:17"}), Exit::not_found);
  EXPECT_EQ(replayed.at, "3:17");
  EXPECT_EQ(replayed.data, "./.data");
  EXPECT_EQ(terminal.run({"replay"}), Exit::usage);
  EXPECT_EQ(terminal.run({"keys", "create", "--role", "admin", "--expires", "90d"}), Exit::done);
  EXPECT_EQ(key.expires_at, testing::kNow + seconds(90 * 86'400));
  EXPECT_EQ(key.server.log, LogKind::embedded);
  EXPECT_EQ(
      terminal.run({"keys", "create", "--role", "admin", "--log", "kafka", "--kafka-brokers", "b:1", "--node", "n"}),
      Exit::done);
  EXPECT_EQ(key.server.log, LogKind::kafka);
  EXPECT_EQ(key.server.kafka_brokers, "b:1");
  EXPECT_EQ(key.server.node, "n");
  EXPECT_EQ(terminal.run({"keys", "create", "--role", "king"}), Exit::usage);
  EXPECT_EQ(terminal.run({"backup", "--to", "/b"}), Exit::failed);
  EXPECT_THAT(terminal.err, HasSubstr("built without"));
}

TEST_F(LocalCommandsTest, DoctorFindsKeysThatOthersCanRead) {
  write("keys/dev-token", "x");
  std::filesystem::permissions(data / "keys", std::filesystem::perms::owner_all);
  std::filesystem::permissions(data / "keys/dev-token",
                               std::filesystem::perms::owner_read | std::filesystem::perms::others_read);
  terminal.environment.clear();
  EXPECT_EQ(terminal.run({"doctor", "--data", data.string(), "--listen", "127.0.0.1:0"}), Exit::failed);
  EXPECT_THAT(terminal.out,
              AllOf(HasSubstr("is open to others"), HasSubstr("chmod 600"), HasSubstr("gpu"), HasSubstr("free of")));
  std::filesystem::permissions(data / "keys/dev-token", std::filesystem::perms::owner_read);
  EXPECT_EQ(terminal.run({"doctor", "--data", data.string(), "--listen", "127.0.0.1:0"}), Exit::done) << terminal.out;
}

TEST_F(LocalCommandsTest, DoctorFindsATakenPort) {
  const auto port = server.url().substr(server.url().rfind(':'));
  terminal.environment.clear();
  EXPECT_EQ(terminal.run({"doctor", "--data", data.string(), "--listen", "127.0.0.1" + port, "-o", "json"}),
            Exit::failed);
  EXPECT_THAT(terminal.out, HasSubstr(R"({"name":"port","state":"bad")"));
}

}  // namespace
}  // namespace hub::cli
