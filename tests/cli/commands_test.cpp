#include <gmock/gmock.h>

#include "tests/cli/commands_fixture.hpp"

namespace hub::cli {
namespace {

using namespace testing::commands;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using CommandsTest = testing::CommandsFixture;

TEST_F(CommandsTest, PsShowsATable) {
  server.on("GET", "/api/v1/deployments?page_size=100",
            {200, list_of({deployment(kId, "train", "failed")}), false, {}});
  EXPECT_EQ(terminal.run({"ps"}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out,
            "ID            NAME   STATUS          PROVIDER  CREATED    RESTARTS             COST\n"
            "dep_01234567  train  failed: exit 3  local     3 min ago         1  $1.20 ($0.35/h)\n");
  EXPECT_EQ(server.seen().at(0).authorization, "Bearer t0ken");
}

TEST_F(CommandsTest, IdsAreShownLongEnoughToDiffer) {
  server.on("GET", "/api/v1/deployments?page_size=100",
            {200, list_of({deployment(kId, "a", "running"), deployment(kOther, "b", "running")}), false, {}});
  EXPECT_EQ(terminal.run({"ps"}), Exit::done);
  EXPECT_THAT(terminal.out, AllOf(HasSubstr(kId), HasSubstr(kOther)));
}

TEST_F(CommandsTest, JsonIsTheApisOwn) {
  const auto body = list_of({deployment(kId, "train", "failed")});
  server.on("GET", "/api/v1/deployments?status=failed&page_size=100", {200, body, false, {}});
  EXPECT_EQ(terminal.run({"ps", "--status", "failed", "-o", "json"}), Exit::done);
  EXPECT_EQ(terminal.out, body + "\n");
}

TEST_F(CommandsTest, AddressAndTokenComeFromTheDataFolder) {
  write("server.json", R"({"url":")" + server.url() + R"(","pid":)" + std::to_string(::getpid()) + "}");
  write("keys/dev-token", "from-the-folder\n");
  server.on("GET", "/api/v1/deployments?page_size=100", {200, list_of({}), false, {}});
  terminal.environment.clear();
  EXPECT_EQ(terminal.run({"ps", "--data", data.string()}), Exit::done) << terminal.err;
  EXPECT_EQ(server.seen().at(0).authorization, "Bearer from-the-folder");
}

TEST_F(CommandsTest, TheDevelopmentTokenIsNotSentElsewhere) {
  write("keys/dev-token", "from-the-folder\n");
  server.on("GET", "/api/v1/deployments?page_size=100", {200, list_of({}), false, {}});
  terminal.environment.clear();
  EXPECT_EQ(terminal.run({"ps", "--data", data.string(), "--url", server.url()}), Exit::done);
  EXPECT_EQ(server.seen().at(0).authorization, "");
}

TEST_F(CommandsTest, WithoutAServerTheTextSaysHowToStartOne) {
  terminal.environment.clear();
  EXPECT_EQ(terminal.run({"ps", "--data", data.string()}), Exit::unreachable);
  EXPECT_THAT(terminal.err, AllOf(HasSubstr("computehub serve --dev"), HasSubstr("--url")));
  write("server.json", R"({"url":"http://127.0.0.1:1","pid":1073741823})");
  EXPECT_EQ(terminal.run({"ps", "--data", data.string()}), Exit::unreachable);
  EXPECT_THAT(terminal.err, HasSubstr("does not run any more"));
}

TEST_F(CommandsTest, AServerThatDoesNotAnswerIsNotReachable) {
  // Port 1 of loopback: nothing listens there, and connecting is refused at once.
  EXPECT_EQ(terminal.run({"ps", "--url", "http://127.0.0.1:1"}), Exit::unreachable);
  EXPECT_THAT(terminal.err, HasSubstr("is \"computehub serve\" running?"));
  EXPECT_EQ(terminal.run({"ps", "--url", "127.0.0.1:1"}), Exit::usage);
}

TEST_F(CommandsTest, RefusalsAreToldWithTheirCode) {
  server.on(
      "GET", "/api/v1/deployments?page_size=100",
      {401, R"({"title":"Unauthorised","code":"auth.invalid_token","detail":"the token is not known"})", false, {}});
  EXPECT_EQ(terminal.run({"ps"}), Exit::failed);
  EXPECT_THAT(terminal.err, AllOf(HasSubstr("the token is not known"), HasSubstr("[auth.invalid_token]"),
                                  HasSubstr("COMPUTEHUB_TOKEN")));
  EXPECT_EQ(terminal.run({"ps", "-o", "json"}), Exit::failed);
  EXPECT_EQ(terminal.err, R"({"code":"auth.invalid_token","detail":"the token is not known","exit_code":1})"
                          "\n");
  EXPECT_THAT(terminal.out, IsEmpty());
}

TEST_F(CommandsTest, AWholeIdIsTakenWithoutLookingItUp) {
  server.on("GET", "/api/v1/deployments/" + kId, {200, deployment(kId, "train", "deleted"), false, {}});
  EXPECT_EQ(terminal.run({"show", kId}), Exit::done) << terminal.err;
  EXPECT_THAT(terminal.out,
              AllOf(HasSubstr("sh -c 'exit 3'"), HasSubstr("TOKEN=secret hf"), HasSubstr("$1.20 ($0.35/h)")));
  EXPECT_EQ(terminal.run({"show", kOther}), Exit::not_found);
}

TEST_F(CommandsTest, ANameThatOnlyOneHasIsAnId) {
  server.on("GET", "/api/v1/deployments?name=train&page_size=11",
            {200, list_of({deployment(kId, "train", "running")}), false, {}});
  server.on("POST", "/api/v1/deployments/" + kId + "/stop", {202, deployment(kId, "train", "stopping"), false, {}});
  EXPECT_EQ(terminal.run({"stop", "train"}), Exit::done) << terminal.err;
  EXPECT_THAT(terminal.out, StartsWith(kId + "  stopping"));
  EXPECT_FALSE(server.seen().back().idempotency_key.empty());
}

TEST_F(CommandsTest, AnAmbiguousWordNamesTheCandidates) {
  server.on("GET", "/api/v1/deployments?name=train&page_size=11",
            {200, list_of({deployment(kId, "train", "running"), deployment(kOther, "train", "failed")}), false, {}});
  EXPECT_EQ(terminal.run({"rm", "train"}), Exit::failed);
  EXPECT_THAT(terminal.err, AllOf(HasSubstr(kId), HasSubstr(kOther), HasSubstr("3 min ago")));
  EXPECT_THAT(targets(), ::testing::Each(StartsWith("GET")));
}

TEST_F(CommandsTest, AnIdsStartIsLookedUpWithAndWithoutItsPrefix) {
  for (const auto* word : {"dep_0123", "0123"})
    server.on("GET", "/api/v1/deployments?name=" + std::string(word) + "&page_size=11", {200, list_of({}), false, {}});
  server.on("GET", "/api/v1/deployments?id_prefix=dep_0123&page_size=11",
            {200, list_of({deployment(kId, "train", "running")}), false, {}});
  server.on("DELETE", "/api/v1/deployments/" + kId, {202, deployment(kId, "train", "deleting"), false, {}});
  EXPECT_EQ(terminal.run({"rm", "dep_0123"}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.run({"rm", "0123"}), Exit::done) << terminal.err;
}

TEST_F(CommandsTest, ANameAndAnIdsStartThatDifferAreAmbiguous) {
  server.on("GET", "/api/v1/deployments?name=dep_0123&page_size=11",
            {200, list_of({deployment(kOther, "dep_0123", "running")}), false, {}});
  server.on("GET", "/api/v1/deployments?id_prefix=dep_0123&page_size=11",
            {200, list_of({deployment(kId, "train", "running")}), false, {}});
  EXPECT_EQ(terminal.run({"rm", "dep_0123"}), Exit::failed);
}

TEST_F(CommandsTest, AnUnknownNameIsNotFound) {
  server.on("GET", "/api/v1/deployments?name=nobody&page_size=11", {200, list_of({}), false, {}});
  EXPECT_EQ(terminal.run({"stop", "nobody"}), Exit::not_found);
  EXPECT_THAT(terminal.err, HasSubstr("computehub ps"));
}

TEST_F(CommandsTest, TheFirstTroubleOfSeveralGivesTheExitCode) {
  server.on("POST", "/api/v1/deployments/" + kOther + "/stop", {202, deployment(kOther, "b", "stopping"), false, {}});
  EXPECT_EQ(terminal.run({"stop", kId, kOther}), Exit::not_found);
  EXPECT_THAT(terminal.out, HasSubstr(kOther));
}

TEST_F(CommandsTest, WaitingFailsWhenTheStatusIsNotReached) {
  const auto target = "/api/v1/deployments/" + kId + "/stop?wait=stopped&timeout=5s";
  server.on("POST", target, {202, deployment(kId, "train", "stopping"), false, {}});
  server.on("POST", target, {200, deployment(kId, "train", "stopped"), false, {}});
  EXPECT_EQ(terminal.run({"stop", kId, "--wait", "--timeout", "5s"}), Exit::failed);
  EXPECT_THAT(terminal.err, HasSubstr("not stopped within 5s"));
  EXPECT_EQ(terminal.run({"stop", kId, "--wait", "--timeout", "5s"}), Exit::done);
}

TEST_F(CommandsTest, DeployPrintsTheIdAloudAndTheRestToPeople) {
  server.on("POST", "/api/v1/deployments", {201, deployment(kId, "hello", "creating"), false, {}});
  EXPECT_EQ(terminal.run({"deploy", "--name", "hello", "--env", "A=1", "--", "sh", "-c", "echo --hello", "--", "-o"}),
            Exit::done)
      << terminal.err;
  EXPECT_EQ(terminal.out, kId + "\n");
  EXPECT_THAT(terminal.err, HasSubstr("computehub logs -f " + kId));
  EXPECT_EQ(server.seen().at(0).body,
            R"({"name":"hello","command":["sh","-c","echo --hello","--","-o"],"env":{"A":"1"},"provider":"local"})");
}

TEST_F(CommandsTest, ALostAnswerIsAskedForAgainUnderTheSameKey) {
  server.on("POST", "/api/v1/deployments", {0, "", true, {}});
  server.on("POST", "/api/v1/deployments", {201, deployment(kId, "hello", "creating"), false, {}});
  EXPECT_EQ(terminal.run({"deploy", "--", "true"}), Exit::done) << terminal.err;
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].idempotency_key, seen[1].idempotency_key);
  EXPECT_EQ(seen[0].body, seen[1].body);
}

TEST_F(CommandsTest, AnAnswerThatNeverComesNamesTheKeyToRepeatWith) {
  server.on("POST", "/api/v1/deployments", {0, "", true, {}});
  EXPECT_EQ(terminal.run({"deploy", "--idempotency-key", "my-key", "--", "true"}), Exit::unreachable);
  EXPECT_EQ(server.seen().size(), 3U);
  EXPECT_THAT(terminal.err, HasSubstr("--idempotency-key my-key"));
}

TEST_F(CommandsTest, AServerThatAsksForPatienceGetsIt) {
  server.on("GET", "/api/v1/deployments?page_size=100",
            {503, R"({"code":"log.unavailable","detail":"d"})", false, {{"Retry-After", "1"}}});
  server.on("GET", "/api/v1/deployments?page_size=100", {200, list_of({}), false, {}});
  EXPECT_EQ(terminal.run({"ps"}), Exit::done) << terminal.err;
}

TEST_F(CommandsTest, ACommandThatIsStillOnItsWayIsAskedForUntilItIsDecided) {
  const testing::Canned pending{202, R"({"command_id":"c1","status_url":"/api/v1/commands/c1"})", false, {}};
  const auto accepted = R"({"command_id":"c1","state":"accepted","accepted":true,"entity":")" + kId +
                        R"(","version":1,"position":"3:17"})";
  server.on("POST", "/api/v1/deployments", pending);
  server.on("GET", "/api/v1/commands/c1", {404, R"({"code":"command.unknown","detail":"d"})", false, {}});
  server.on("GET", "/api/v1/commands/c1", {200, accepted, false, {}});
  server.on("GET", "/api/v1/deployments/" + kId + "?min_pos=3%3A17",
            {200, deployment(kId, "late", "creating"), false, {}});
  EXPECT_EQ(terminal.run({"deploy", "--", "true"}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, kId + "\n");
  EXPECT_THAT(terminal.err, HasSubstr("late is creating"));
}

TEST_F(CommandsTest, ACommandThatIsRefusedLaterIsRefused) {
  server.on("POST", "/api/v1/deployments",
            {202, R"({"command_id":"c2","status_url":"/api/v1/commands/c2"})", false, {}});
  server.on("GET", "/api/v1/commands/c2",
            {200,
             R"({"command_id":"c2","state":"expired","accepted":false,"status":504,"code":"command.expired",)"
             R"("detail":"it came too late","entity":"","version":0,"position":"3:17"})",
             false,
             {}});
  EXPECT_EQ(terminal.run({"deploy", "--", "true"}), Exit::failed);
  EXPECT_EQ(terminal.out, "");
  EXPECT_THAT(terminal.err, HasSubstr("it came too late [command.expired]"));
}

TEST_F(CommandsTest, ADryRunSaysWhatWouldBeRefused) {
  const auto target = "/api/v1/deployments?dry_run=true";
  server.on("POST", target,
            {200, R"({"provider":"local","host":"here","price_usd_micro_per_hour":0,"refused":[]})", false, {}});
  server.on(
      "POST", target,
      {200,
       R"({"provider":"local","host":null,"price_usd_micro_per_hour":0,"refused":[{"code":"provider.containers_unavailable","detail":"no podman"}]})",
       false,
       {}});
  EXPECT_EQ(terminal.run({"deploy", "--dry-run", "--", "true"}), Exit::done) << terminal.err;
  EXPECT_THAT(terminal.out, HasSubstr("would be refused  no"));
  EXPECT_EQ(terminal.run({"deploy", "--dry-run", "--image", "x", "--", "true"}), Exit::failed);
  EXPECT_THAT(terminal.out, HasSubstr("no podman [provider.containers_unavailable]"));
}

}  // namespace
}  // namespace hub::cli
