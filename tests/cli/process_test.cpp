#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "events/core/result.hpp"
#include "tests/cli/fake_server.hpp"

namespace hub::cli {
namespace {

using testing::FakeServer;
using ::testing::IsEmpty;
using testing::LiveSocket;

constexpr int kDeadlineMs = 20'000;
const std::string kId = "dep_0123456789abcdefghjkmnpqrs01";
const std::string kLogs = "/api/v1/deployments/" + kId + "/logs?";

/// The program as a process of its own, with a pipe for each of its outputs.
class Program {
 public:
  Program(const FakeServer& server, std::vector<std::string> arguments) {
    HUB_ASSERT(::pipe2(out_, O_CLOEXEC) == 0 && ::pipe2(err_, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out_[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err_[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), HUB_CLI_PROGRAM);
    std::vector<std::string> variables{"COMPUTEHUB_URL=" + server.url(), "COMPUTEHUB_TOKEN=t",
                                       // Nothing listens there: who asks the proxy for this machine gets no answer.
                                       "http_proxy=http://127.0.0.1:1", "all_proxy=http://127.0.0.1:1"};
    HUB_ASSERT(::posix_spawn(&pid_, HUB_CLI_PROGRAM, &actions, nullptr, pointers(arguments).data(),
                             pointers(variables).data()) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out_[1]);
    ::close(err_[1]);
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    close_out();
    ::close(err_[0]);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void send(int signal) const { ::kill(pid_, signal); }
  void close_out() {
    if (out_[0] >= 0) ::close(std::exchange(out_[0], -1));
  }
  std::string read_out(std::size_t bytes) { return read(out_[0], bytes); }
  std::string read_err() { return read(err_[0], std::string::npos); }

  /// The exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    HUB_ASSERT(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  }

  /// Up to `bytes`, or what came until the end or the deadline.
  static std::string read(int file, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
      pollfd ready{file, POLLIN, 0};
      if (::poll(&ready, 1, kDeadlineMs) <= 0) return text;
      char buffer[4'096];
      const auto count = ::read(file, buffer, std::min(sizeof buffer, bytes - text.size()));
      if (count <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }

  pid_t pid_ = -1;
  int out_[2] = {-1, -1}, err_[2] = {-1, -1};
};

std::string lines(int first, int last) {
  std::string text = R"({"items":[)";
  for (int seq = first; seq <= last; ++seq)
    text += (seq == first ? "" : ",") + (R"({"seq":)" + std::to_string(seq)) +
            R"(,"time":"2026-03-01T12:00:00Z","stream":"stdout","text":"line"})";
  return text + R"(],"next_cursor":"c)" + std::to_string(last) + "\"}";
}

TEST(Process, AReaderThatGoesAwayEndsItQuietly) {
  FakeServer server;
  // More than a pipe holds, so that something is left to write when nobody reads any more.
  server.on("GET", kLogs + "limit=5000", {200, lines(1, 20'000), false, {}});
  Program program(server, {"logs", kId});
  EXPECT_EQ(program.read_out(5), "line\n");
  program.close_out();
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.read_err(), IsEmpty());
}

TEST(Process, AnInterruptEndsFollowingCleanly) {
  for (const int signal : {SIGINT, SIGTERM}) {
    FakeServer server;
    server.on("GET", kLogs + "limit=5000", {200, R"({"items":[],"next_cursor":"c0"})", false, {}});
    server.on_live({[](LiveSocket& socket) {
      socket.read();
      socket.read();
      socket.send(R"({"type":"event","stream":"deployments/)" + kId + R"(/logs","cursor":"c1","data":)" + lines(1, 1) +
                  "}");
      socket.read();
    }});
    Program program(server, {"logs", "-f", kId});
    EXPECT_EQ(program.read_out(5), "line\n");
    program.send(signal);
    EXPECT_EQ(program.wait(), 0);
    EXPECT_THAT(program.read_err(), IsEmpty());
  }
}

TEST(Process, ItsExitCodeIsThatOfTheCommand) {
  FakeServer server;
  EXPECT_EQ(Program(server, {"show", kId}).wait(), 4);
  EXPECT_EQ(Program(server, {"shwo"}).wait(), 2);
  EXPECT_EQ(Program(server, {"ps", "--url", "http://127.0.0.1:1"}).wait(), 3);
}

TEST(Process, PsAnswersAtOnce) {
  FakeServer server;
  server.on("GET", "/api/v1/deployments?page_size=100", {200, R"({"items":[],"total":0})", false, {}});
  std::vector<double> milliseconds;
  for (int i = 0; i < 21; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(Program(server, {"ps"}).wait(), 0);
    milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  // A figure for people, not a bound: a busy machine is no fault of the program.
  std::sort(milliseconds.begin(), milliseconds.end());
  std::printf("ps: p50 %.1f ms, max %.1f ms\n", milliseconds[10], milliseconds.back());
}

}  // namespace
}  // namespace hub::cli
