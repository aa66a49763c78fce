#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/fake_server.hpp"
#include "tests/cli/terminal.hpp"

namespace hub::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Canned;
using ::testing::ElementsAre;
using testing::FakeServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LiveSocket;
using ::testing::Not;
using ::testing::StartsWith;
using testing::Terminal;

const std::string kId = "dep_0123456789abcdefghjkmnpqrs01";
const std::string kOther = "dep_0123456789abcdefghjkmnpqrs02";

std::string deployment(const std::string& id, const std::string& name, const std::string& status) {
  return R"({"id":")" + id + R"(","name":")" + name + R"(","status":")" + status +
         R"(","reason":{"code":"process.exited","text":"exit 3","exit_code":3},"provider":"local","command":["sh","-c","exit 3"],)"
         R"("restarts":1,"cost_usd_micro":1200000,"price_usd_micro_per_hour":350000,"created_at":"2026-03-01T11:57:00.000000Z",)"
         R"("version":4,"position":"3:17","env":{"TOKEN":{"secret":"hf"}}})";
}

std::string list_of(const std::vector<std::string>& items) {
  std::string text = R"({"items":[)";
  for (const auto& item : items) text += (text.back() == '[' ? "" : ",") + item;
  return text + R"(],"total":)" + std::to_string(items.size()) + "}";
}

std::string line(int seq, const std::string& text, const std::string& stream = "stdout") {
  return R"({"seq":)" + std::to_string(seq) + R"(,"time":"2026-03-01T11:59:00.000000Z","stream":")" + stream +
         R"(","text":")" + text + R"("})";
}

std::string page(const std::vector<std::string>& lines, const std::string& cursor) {
  std::string text = R"({"items":[)";
  for (const auto& item : lines) text += (text.back() == '[' ? "" : ",") + item;
  return text + R"(],"next_cursor":")" + cursor + "\"}";
}

std::string frame(const std::string& type, const std::string& stream, const std::string& cursor,
                  const std::string& rest) {
  return R"({"type":")" + type + R"(","stream":")" + stream + R"(","cursor":")" + cursor + "\"," + rest + "}";
}

const std::string kStatus = "deployments/" + kId;
const std::string kLogs = kStatus + "/logs";

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest() {
    std::string name = ::testing::TempDir() + "cliXXXXXX";
    HUB_ASSERT(::mkdtemp(name.data()) != nullptr);
    data = name;
    terminal.environment = {{"COMPUTEHUB_URL", server.url()}, {"COMPUTEHUB_TOKEN", "t0ken"}};
  }
  ~CommandsTest() override { fs::remove_all(data); }

  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((data / path).parent_path());
    std::ofstream(data / path) << text;
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> out;
    for (const auto& seen : server.seen()) out.push_back(seen.method + " " + seen.target);
    return out;
  }

  FakeServer server;
  Terminal terminal;
  fs::path data;
};

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

TEST_F(CommandsTest, LogsAreReadPageByPageAndSplitByStream) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  server.on("GET", logs + "limit=5000", {200, page({line(1, "one"), line(2, "two", "stderr")}, "c2"), false, {}});
  server.on("GET", logs + "after=c2&limit=5000", {200, page({line(3, "three")}, "c3"), false, {}});
  server.on("GET", logs + "after=c3&limit=5000", {200, page({}, "c3"), false, {}});
  EXPECT_EQ(terminal.run({"logs", kId}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, "one\nthree\n");
  EXPECT_EQ(terminal.err, "two\n");
  EXPECT_EQ(terminal.run({"logs", kId, "-o", "json"}), Exit::done);
  EXPECT_EQ(terminal.out, page({line(1, "one"), line(2, "two", "stderr"), line(3, "three")}, "c3") + "\n");
}

TEST_F(CommandsTest, LogFiltersReachTheServer) {
  const auto target = "/api/v1/deployments/" + kId +
                      "/logs?contains=err&stream=stderr&from=2026-03-01T11%3A50%3A00.000000Z&tail=5&limit=5000";
  server.on("GET", target, {200, page({}, "c"), false, {}});
  EXPECT_EQ(terminal.run({"logs", kId, "--since", "10m", "--tail", "5", "--contains", "err", "--stream", "stderr"}),
            Exit::done)
      << terminal.err;
}

TEST_F(CommandsTest, AReaderThatHasSeenEnoughEndsTheCommand) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  server.on("GET", logs + "limit=5000", {200, page({line(1, "one"), line(2, "two")}, "c2"), false, {}});
  terminal.out_bytes_max = 4;
  EXPECT_EQ(terminal.run({"logs", kId}), Exit::done);
  EXPECT_EQ(terminal.out, "one\n");
  EXPECT_EQ(server.seen().size(), 1U);
  EXPECT_THAT(terminal.err, IsEmpty());
}

TEST_F(CommandsTest, FollowedLogsGoOnBehindWhatIsKeptAndResumeAfterACut) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  server.on("GET", logs + "limit=5000", {200, page({line(1, "one")}, "c1"), false, {}});
  server.on("GET", logs + "after=c1&limit=5000", {200, page({}, "c1"), false, {}});
  server.on("GET", logs + "after=c4&limit=5000", {200, page({line(5, "five")}, "c5"), false, {}});
  server.on("GET", logs + "after=c5&limit=5000", {200, page({}, "c5"), false, {}});
  std::vector<std::string> asked;
  const auto first = [&](LiveSocket& socket) {
    asked.push_back(socket.read());
    asked.push_back(socket.read());
    socket.send(frame("subscribed", kStatus, "s0", R"("id":1,"recovered":false)"));
    socket.send(frame("snapshot", kStatus, "s1", R"("data":)" + deployment(kId, "train", "running")));
    socket.send(frame("subscribed", kLogs, "c1", R"("id":2,"recovered":true)"));
    socket.send(frame("event", kLogs, "c2", R"("data":{"items":[)" + line(2, "two") + "]}"));
  };
  const auto second = [&](LiveSocket& socket) {
    asked.push_back(socket.read());
    asked.push_back(socket.read());
    socket.send(frame("subscribed", kLogs, "c2", R"("id":2,"recovered":true)"));
    // Line 2 once more: a client may see a frame twice, its reader must not.
    socket.send(frame(
        "event", kLogs, "c4",
        R"("data":{"items":[)" + line(2, "two") + "," + line(3, "three") + "," + line(4, "four", "stderr") + "]}"));
    socket.send(frame("event", kStatus, "s2", R"("data":)" + deployment(kId, "train", "stopped")));
    socket.read();
  };
  server.on_live({first, second});
  EXPECT_EQ(terminal.run({"logs", "-f", kId}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, "one\ntwo\nthree\nfive\n");
  EXPECT_THAT(terminal.err, AllOf(HasSubstr("cut off"), HasSubstr("connected again"), HasSubstr("four\n")));
  EXPECT_THAT(asked, ElementsAre(R"({"type":"subscribe","id":1,"stream":")" + kStatus + "\"}",
                                 R"({"type":"subscribe","id":2,"stream":")" + kLogs + R"(","after":"c1"})",
                                 R"({"type":"subscribe","id":1,"stream":")" + kStatus + R"(","after":"s1"})",
                                 R"({"type":"subscribe","id":2,"stream":")" + kLogs + R"(","after":"c2"})"));
}

TEST_F(CommandsTest, AGapInFollowedLogsIsNeverSilent) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  server.on("GET", logs + "limit=5000", {200, page({line(1, "one")}, "c1"), false, {}});
  server.on("GET", logs + "after=c1&limit=5000", {200, page({}, "c1"), false, {}});
  server.on("GET", logs + "after=c9&limit=5000", {200, page({}, "c9"), false, {}});
  server.on_live({[&](LiveSocket& socket) {
    socket.read();
    socket.read();
    socket.send(frame("subscribed", kLogs, "c8", R"("id":2,"recovered":false)"));
    socket.send(frame("snapshot", kLogs, "c9", R"("data":{"items":[)" + line(9, "nine") + "]}"));
    socket.send(frame("snapshot", kStatus, "s1", R"("data":)" + deployment(kId, "train", "stopped")));
    socket.read();
  }});
  EXPECT_EQ(terminal.run({"logs", "-f", kId}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, "one\nnine\n");
  EXPECT_THAT(terminal.err, HasSubstr("lines 2 to 8 are no longer kept"));
}

TEST_F(CommandsTest, DeployAndFollowFailsWhenTheDeploymentDoes) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  server.on("POST", "/api/v1/deployments", {201, deployment(kId, "hello", "creating"), false, {}});
  server.on("GET", logs + "limit=5000", {200, page({}, "c0"), false, {}});
  server.on("GET", logs + "after=c1&limit=5000", {200, page({}, "c1"), false, {}});
  server.on_live({[&](LiveSocket& socket) {
    socket.read();
    socket.read();
    socket.send(frame("snapshot", kStatus, "s1", R"("data":)" + deployment(kId, "hello", "running")));
    socket.send(frame("event", kLogs, "c1", R"("data":{"items":[)" + line(1, "out") + "]}"));
    socket.send(frame("event", kStatus, "s2", R"("data":)" + deployment(kId, "hello", "failed")));
    socket.read();
  }});
  EXPECT_EQ(terminal.run({"deploy", "--follow", "--", "sh", "-c", "exit 3"}), Exit::failed);
  EXPECT_EQ(terminal.out, kId + "\nout\n");
  EXPECT_THAT(terminal.err, AllOf(HasSubstr("· running"), HasSubstr("· failed: exit 3")));
}

TEST_F(CommandsTest, ARefusedSubscriptionEndsTheCommand) {
  server.on("GET", "/api/v1/deployments/" + kId + "/logs?limit=5000", {200, page({}, "c0"), false, {}});
  server.on_live({[&](LiveSocket& socket) {
    socket.read();
    socket.read();
    socket.send(R"({"type":"error","id":1,"code":"deployment.not_found","detail":"no such deployment"})");
    socket.read();
  }});
  EXPECT_EQ(terminal.run({"logs", "-f", kId}), Exit::not_found);
  EXPECT_THAT(terminal.err, HasSubstr("no such deployment"));
}

TEST_F(CommandsTest, EventsAreFollowedFromTheCursor) {
  const std::string event = R"({"id":"3:17","type":"computehub.deployment.started.v1","subject":")" + kId +
                            R"(","time":"2026-03-01T12:00:00Z","actor":"user:dev"})";
  server.on("GET", "/api/v1/events?after=e0&limit=1000", {200, page({event}, "e1"), false, {}});
  server.on_live({[&](LiveSocket& socket) {
    EXPECT_EQ(socket.read(), R"({"type":"subscribe","id":1,"stream":"events","after":"e1"})");
    socket.send(frame("subscribed", "events", "e1", R"("id":1,"recovered":true)"));
    socket.send(frame("event", "events", "e2", R"("data":)" + event));
    socket.read();
  }});
  // Two lines fit; the third write finds the reader gone and ends the command.
  const std::string expected = "2026-03-01T12:00:00Z  " + kId + "  computehub.deployment.started.v1  by user:dev\n";
  terminal.out_bytes_max = expected.size();
  EXPECT_EQ(terminal.run({"events", "--after", "e0", "--follow"}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, expected);
}

TEST_F(CommandsTest, WrongUsageIsSaidWithAHint) {
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

TEST_F(CommandsTest, HelpHasExamples) {
  EXPECT_EQ(terminal.run({"--help"}), Exit::done);
  EXPECT_THAT(terminal.out, AllOf(HasSubstr("serve"), HasSubstr("Examples:"), HasSubstr("Exit codes")));
  EXPECT_EQ(terminal.run({"deploy", "--help"}), Exit::done);
  EXPECT_THAT(terminal.out, AllOf(HasSubstr("--env"), HasSubstr("computehub deploy"), HasSubstr("-o json")));
  EXPECT_EQ(terminal.run({"--version"}), Exit::done);
  EXPECT_EQ(terminal.out, "computehub " HUB_VERSION "\n");
}

TEST_F(CommandsTest, CompletionKnowsCommandsAndFlags) {
  EXPECT_EQ(terminal.run({"completion"}), Exit::done);
  EXPECT_THAT(terminal.out,
              AllOf(HasSubstr("'audit verify') words='--"), HasSubstr("--against"), HasSubstr("complete ")));
}

TEST_F(CommandsTest, FolderCommandsReachTheirHooks) {
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
  EXPECT_EQ(terminal.run({"audit", "verify", "--data", "/d", "--against", "cp"}), Exit::unverified);
  EXPECT_EQ(verify.data, "/d");
  EXPECT_EQ(verify.against, "cp");
  EXPECT_EQ(terminal.run({"replay", kId, "--at", "3:17"}), Exit::not_found);
  EXPECT_EQ(replayed.at, "3:17");
  EXPECT_EQ(replayed.data, "./.data");
  EXPECT_EQ(terminal.run({"replay"}), Exit::usage);
  EXPECT_EQ(terminal.run({"keys", "create", "--role", "admin", "--expires", "90d"}), Exit::done);
  EXPECT_EQ(key.expires_at, testing::kNow + seconds(90 * 86'400));
  EXPECT_EQ(terminal.run({"keys", "create", "--role", "king"}), Exit::usage);
  EXPECT_EQ(terminal.run({"backup", "--to", "/b"}), Exit::failed);
  EXPECT_THAT(terminal.err, HasSubstr("built without"));
}

TEST_F(CommandsTest, DoctorFindsKeysThatOthersCanRead) {
  write("keys/dev-token", "x");
  fs::permissions(data / "keys", fs::perms::owner_all);
  fs::permissions(data / "keys/dev-token", fs::perms::owner_read | fs::perms::others_read);
  terminal.environment.clear();
  EXPECT_EQ(terminal.run({"doctor", "--data", data.string(), "--listen", "127.0.0.1:0"}), Exit::failed);
  EXPECT_THAT(terminal.out,
              AllOf(HasSubstr("is open to others"), HasSubstr("chmod 600"), HasSubstr("gpu"), HasSubstr("free of")));
  fs::permissions(data / "keys/dev-token", fs::perms::owner_read);
  EXPECT_EQ(terminal.run({"doctor", "--data", data.string(), "--listen", "127.0.0.1:0"}), Exit::done) << terminal.out;
}

TEST_F(CommandsTest, DoctorFindsATakenPort) {
  const auto port = server.url().substr(server.url().rfind(':'));
  terminal.environment.clear();
  EXPECT_EQ(terminal.run({"doctor", "--data", data.string(), "--listen", "127.0.0.1" + port, "-o", "json"}),
            Exit::failed);
  EXPECT_THAT(terminal.out, HasSubstr(R"({"name":"port","state":"bad")"));
}

}  // namespace
}  // namespace hub::cli
