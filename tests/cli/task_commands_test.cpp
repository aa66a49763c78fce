#include <gmock/gmock.h>

#include "gateway/cli/task_file.hpp"
#include "tests/cli/commands_fixture.hpp"

namespace hub::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using TaskCommandsTest = testing::CommandsFixture;

const std::string kId = "tsk_0123456789abcdefghjkmnpqrs01";
const std::string kTask = "/api/v1/tasks/" + kId;

std::string task(const std::string& status, const std::string& more) {
  return R"({"id":")" + kId + R"(","model":"small","type":"text-generation","priority":2,"status":")" + status +
         R"(","reason":{"code":"call.rejected","text":"HTTP 400: no"},"attempts":[],)"
         R"("created_at":"2026-03-01T11:57:00.000000Z","updated_at":"2026-03-01T11:58:00.000000Z",)" +
         more + "}";
}

const std::string kDone = task("completed", R"("result":{"text":"Hello.\u001b[31m"})");

TEST_F(TaskCommandsTest, ATaskThatIsDecidedLaterIsAskedForUnderTheSameKey) {
  server.on("POST", "/api/v1/tasks", {202, R"({"command_id":"c","status_url":"/api/v1/commands/c"})", false, {}});
  server.on("POST", "/api/v1/tasks", {201, task("running", R"("result":null)"), false, {}});
  server.on("GET", "/api/v1/commands/c",
            {200, R"({"state":"accepted","entity":"mdl_0123456789abcdefghjkmnpqrs01","position":"1:1"})", false, {}});
  EXPECT_EQ(terminal.run({"task", "submit", "small", "Say hello."}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, kId + "\n");
  const auto seen = server.seen();
  EXPECT_EQ(seen.front().idempotency_key, seen.back().idempotency_key);
  EXPECT_EQ(seen.front().body, R"({"model_id":"small","type":"text-generation","input":"Say hello."})");
}

TEST_F(TaskCommandsTest, WaitingGoesOnWhenTheAnswerSaysThatItHasNotEnded) {
  server.on("GET", kTask + "?wait=ended&timeout=300s", {200, task("running", R"("result":null)"), false, {}});
  server.on("GET", kTask + "?wait=ended&timeout=300s", {200, kDone, false, {}});
  EXPECT_EQ(terminal.run({"task", "wait", kId}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, "Hello.\x1b[31m\n");
  EXPECT_EQ(server.seen().size(), 2U);
}

TEST_F(TaskCommandsTest, WaitingGoesOnWhenTheServerComesUpAgain) {
  server.on("GET", kTask + "?wait=ended&timeout=300s", {503, R"({"code":"node.starting","detail":"d"})", false, {}});
  server.on("GET", kTask + "?wait=ended&timeout=300s", {200, kDone, false, {}});
  EXPECT_EQ(terminal.run({"task", "wait", kId}), Exit::done) << terminal.err;
  EXPECT_THAT(terminal.err, HasSubstr("connecting again"));
}

TEST_F(TaskCommandsTest, AResultCannotSteerATerminal) {
  server.on("GET", kTask + "?wait=ended&timeout=300s", {200, kDone, false, {}});
  terminal.columns = 80;
  EXPECT_EQ(terminal.run({"task", "wait", kId}), Exit::done) << terminal.err;
  EXPECT_EQ(terminal.out, "Hello.·[31m\n");
}

TEST_F(TaskCommandsTest, WhatHasNotEndedInTimeIsToldAndFails) {
  server.on("GET", kTask + "?wait=ended&timeout=0s",
            {200, task("pending", R"("result":null,"pending_reason":"model_offline")"), false, {}});
  EXPECT_EQ(terminal.run({"task", "wait", kId, "--timeout", "0s"}), Exit::failed);
  EXPECT_THAT(terminal.err, HasSubstr("has not ended, but is pending: model_offline"));
  EXPECT_THAT(terminal.out, IsEmpty());
}

TEST_F(TaskCommandsTest, OnATerminalOneIsAskedBeforeWhatAFilterFinds) {
  server.on("GET", "/api/v1/tasks?status=failed&model=small&page_size=1",
            {200, R"({"items":[],"total":12})", false, {}});
  server.on("POST", "/api/v1/tasks/retry?status=failed&model=small",
            {200, R"({"items":[{"id":"a","ok":true}],"next_cursor":"n"})", false, {}});
  server.on("POST", "/api/v1/tasks/retry?status=failed&model=small&cursor=n",
            {200,
             R"({"items":[{"id":"b","ok":false,"code":"task.not_ended","detail":"it runs"}],"next_cursor":null})",
             false,
             {}});
  std::vector<std::string> questions;
  terminal.ask = [&](std::string_view question) {
    questions.emplace_back(question);
    return questions.size() == 1 ? "n" : "y";
  };
  EXPECT_EQ(terminal.run({"task", "retry", "--model", "small"}), Exit::failed);
  EXPECT_THAT(questions, ElementsAre("retry 12 tasks? [y/N] "));
  EXPECT_THAT(targets(), Not(::testing::Contains(HasSubstr("POST"))));
  EXPECT_EQ(terminal.run({"task", "retry", "--model", "small"}), Exit::failed);
  EXPECT_EQ(terminal.out, "a  sent again\n");
  EXPECT_THAT(terminal.err, AllOf(HasSubstr("b: it runs [task.not_ended]"), HasSubstr("1 of 2 sent again")));
  EXPECT_EQ(terminal.run({"task", "retry", "--model", "small", "--yes"}), Exit::failed);
  EXPECT_EQ(questions.size(), 2U);
}

TEST_F(TaskCommandsTest, AFilterOrIdsAreGivenButNeverNeitherOrBoth) {
  EXPECT_EQ(terminal.run({"task", "cancel"}), Exit::usage);
  EXPECT_EQ(terminal.run({"task", "cancel", kId, "--model", "small"}), Exit::usage);
  EXPECT_THAT(server.seen(), IsEmpty());
}

TEST(TaskFile, IsCutIntoRequestsThatTheServerTakes) {
  const auto requests = cut_into_requests("{1}\n\n  \n{2}\n{3}\n{4, long}\n{5}", 2, 10);
  std::vector<std::string> bodies;
  for (const auto& request : requests) bodies.push_back(request.body);
  EXPECT_THAT(bodies, ElementsAre("{1}\n{2}\n", "{3}\n", "{4, long}\n", "{5}\n"));
  EXPECT_THAT(requests.at(0).numbers, ElementsAre(1, 4));
  EXPECT_THAT(requests.at(3).numbers, ElementsAre(7));
}

}  // namespace
}  // namespace hub::cli
