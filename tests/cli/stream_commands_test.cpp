#include <gmock/gmock.h>

#include "tests/cli/commands_fixture.hpp"

namespace hub::cli {
namespace {

using namespace testing::commands;
using ::testing::AllOf;
using testing::Canned;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LiveSocket;
using StreamCommandsTest = testing::CommandsFixture;

TEST_F(StreamCommandsTest, LogsAreReadPageByPageAndSplitByStream) {
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

TEST_F(StreamCommandsTest, LogFiltersReachTheServer) {
  const auto target = "/api/v1/deployments/" + kId +
                      "/logs?contains=err&stream=stderr&from=2026-03-01T11%3A50%3A00.000000Z&tail=5&limit=5000";
  server.on("GET", target, {200, page({}, "c"), false, {}});
  EXPECT_EQ(terminal.run({"logs", kId, "--since", "10m", "--tail", "5", "--contains", "err", "--stream", "stderr"}),
            Exit::done)
      << terminal.err;
}

TEST_F(StreamCommandsTest, AReaderThatHasSeenEnoughEndsTheCommand) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  server.on("GET", logs + "limit=5000", {200, page({line(1, "one"), line(2, "two")}, "c2"), false, {}});
  terminal.out_bytes_max = 4;
  EXPECT_EQ(terminal.run({"logs", kId}), Exit::done);
  EXPECT_EQ(terminal.out, "one\n");
  EXPECT_EQ(server.seen().size(), 1U);
  EXPECT_THAT(terminal.err, IsEmpty());
}

TEST_F(StreamCommandsTest, FollowedLogsGoOnBehindWhatIsKeptAndResumeAfterACut) {
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

TEST_F(StreamCommandsTest, FollowedLogsThatAreCutInTheirFirstPagesAreReadOnBehindTheLastOne) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  const Canned cut{200, {}, true, {}};
  // An answer that is lost is asked for three times at once; only then is the reader told.
  for (int time = 0; time < 3; ++time) server.on("GET", logs + "tail=2&limit=5000", cut);
  server.on("GET", logs + "tail=2&limit=5000", {200, page({line(1, "one")}, "c1"), false, {}});
  for (int time = 0; time < 3; ++time) server.on("GET", logs + "after=c1&limit=5000", cut);
  server.on("GET", logs + "after=c1&limit=5000", {200, page({line(2, "two")}, "c2"), false, {}});
  server.on("GET", logs + "after=c2&limit=5000", {200, page({}, "c2"), false, {}});
  server.on_live({[&](LiveSocket& socket) {
    socket.read();
    socket.read();
    socket.send(frame("subscribed", kLogs, "c2", R"("id":2,"recovered":true)"));
    socket.send(frame("snapshot", kStatus, "s1", R"("data":)" + deployment(kId, "train", "stopped")));
    socket.read();
  }});
  EXPECT_EQ(terminal.run({"logs", "-f", "--tail", "2", kId}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, "one\ntwo\n");
  EXPECT_THAT(terminal.err, AllOf(HasSubstr("cut off"), HasSubstr("connected again")));
}

TEST_F(StreamCommandsTest, FollowedLogsAreTriedAgainWhenTheStreamIsNotThereAtFirst) {
  const auto logs = "/api/v1/deployments/" + kId + "/logs?";
  server.on("GET", logs + "limit=5000", {200, page({line(1, "one")}, "c1"), false, {}});
  server.on("GET", logs + "after=c1&limit=5000", {200, page({}, "c1"), false, {}});
  const auto ended = [&](LiveSocket& socket) {
    socket.read();
    socket.read();
    socket.send(frame("snapshot", kStatus, "s1", R"("data":)" + deployment(kId, "train", "stopped")));
    socket.read();
  };
  server.on_live({nullptr, ended});
  EXPECT_EQ(terminal.run({"logs", "-f", kId}), Exit::done) << terminal.err;
}

TEST_F(StreamCommandsTest, LogsThatAreNotFollowedEndWhenTheyAreCut) {
  server.on("GET", "/api/v1/deployments/" + kId + "/logs?limit=5000", {200, {}, true, {}});
  EXPECT_EQ(terminal.run({"logs", kId}), Exit::unreachable);
  EXPECT_EQ(server.seen().size(), 3U);
}

TEST_F(StreamCommandsTest, FollowingWhereNoServerEverAnsweredEndsAtOnce) {
  terminal.environment["COMPUTEHUB_URL"] = std::make_unique<testing::FakeServer>()->url();  // it is gone by now
  EXPECT_EQ(terminal.run({"logs", "-f", kId}), Exit::unreachable);
}

TEST_F(StreamCommandsTest, AGapInFollowedLogsIsNeverSilent) {
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

TEST_F(StreamCommandsTest, DeployAndFollowFailsWhenTheDeploymentDoes) {
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

TEST_F(StreamCommandsTest, ARefusedSubscriptionEndsTheCommand) {
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

TEST_F(StreamCommandsTest, EventsAreFollowedFromTheCursor) {
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

}  // namespace
}  // namespace hub::cli
