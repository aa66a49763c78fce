// What only the local provider promises, with real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "adapters/providers/local/cgroups.hpp"
#include "adapters/providers/local/processes.hpp"
#include "adapters/providers/local/supervisor_link.hpp"
#include "tests/providers/local_harness.hpp"

namespace hub::providers::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LocalRunsTest : public testing::Test {
 protected:
  LocalProvider& provider() { return harness_.provider(); }
  RecordingObserver& observer() { return harness_.observer(); }
  RunRecord record_of(const std::string& id) { return read_run(harness_.folder_of(id)).value_or(RunRecord{}); }
  int supervisor_of(const std::string& id) {
    const auto stat = process_stat(record_of(id).pid);
    return stat ? stat->parent : -1;
  }
  LogPage logs(const std::string& id) { return provider().logs(id, {}).value(); }
  static bool has_ended(int pid) {
    const auto stat = process_stat(pid);
    return !stat || stat->state == 'Z';
  }
  bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }
  std::string workspace_of(const std::string& id) { return harness_.folder_of(id) + "/workspace"; }

  LocalHarness harness_;
};

TEST_F(LocalRunsTest, GivesEveryLineOnceAndInOrderWhileServersComeAndGo) {
  const auto id = test_id("printer");
  harness_.run(harness_.shell(id, "i=1; while [ $i -le 20000 ]; do echo line $i; i=$((i+1)); done"));
  std::uint64_t expected = 1;
  LogQuery query;
  query.after = 0;
  const auto read_on = [&] {
    for (;;) {
      const auto page = provider().logs(id, query).value();
      for (const auto& line : page.lines) {
        EXPECT_EQ(line.seq, expected);
        EXPECT_EQ(line.text, "line " + std::to_string(expected));
        ++expected;
      }
      query.after = page.next_after;
      if (page.lines.empty()) return;
    }
  };
  for (std::uint64_t seen = 1; seen <= 8; ++seen) {
    observer().wait_seq(id, seen * 500);
    read_on();
    harness_.restart_server();
  }
  EXPECT_EQ(observer().wait_exit(id).exit_code, 0);
  read_on();
  EXPECT_EQ(expected, 20'001U);
}

TEST_F(LocalRunsTest, HearsOfTheEndThatCameWhileNoServerWasThere) {
  const auto id = test_id("alone");
  harness_.run(harness_.shell(id, "while [ ! -e go ]; do sleep 0.01; done; echo bye; exit 5"));
  harness_.stop_server();
  std::ofstream(workspace_of(id) + "/go").put('x');
  ASSERT_TRUE(eventually([&] { return is_there(harness_.folder_of(id) + "/exit"); }));
  harness_.start_server();
  EXPECT_EQ(observer().wait_exit(id).exit_code, 5);
  observer().wait_seq(id, 1);
  EXPECT_THAT(texts_of(logs(id)), ElementsAre("bye"));
}

TEST_F(LocalRunsTest, DeliversAnUnfinishedLineWhileTheCommandGoesOn) {
  const auto id = test_id("prompt");
  harness_.run(harness_.shell(id, "printf 'password: '; sleep 3600"));
  observer().wait_seq(id, 1);
  EXPECT_THAT(texts_of(logs(id)), ElementsAre("password: "));
}

TEST_F(LocalRunsTest, DeliversAnUnfinishedLineAtTheEnd) {
  const auto id = test_id("no newline");
  harness_.run(harness_.shell(id, "printf 'one\\ntwo'"));
  observer().wait_exit(id);
  EXPECT_THAT(texts_of(logs(id)), ElementsAre("one", "two"));
}

TEST_F(LocalRunsTest, TellsStdoutFromStderrAndMendsBadBytes) {
  const auto id = test_id("streams");
  harness_.run(harness_.shell(id, "printf 'out \\377\\n'; printf 'err\\n' >&2"));
  observer().wait_exit(id);
  LogQuery errors;
  errors.is_stderr = true;
  EXPECT_THAT(texts_of(provider().logs(id, errors).value()), ElementsAre("err"));
  LogQuery output;
  output.is_stderr = false;
  EXPECT_THAT(texts_of(provider().logs(id, output).value()), ElementsAre("out \xEF\xBF\xBD"));
}

TEST_F(LocalRunsTest, SplitsLinesOf200Kilobytes) {
  const auto id = test_id("long line");
  harness_.run(harness_.shell(id, "head -c 200000 /dev/zero | tr '\\0' x; echo"));
  observer().wait_exit(id);
  const auto page = logs(id);
  ASSERT_EQ(page.lines.size(), 4U);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(page.lines[i].split, i < 3);
    bytes += page.lines[i].text.size();
  }
  EXPECT_EQ(bytes, 200'000U);
}

TEST_F(LocalRunsTest, NeverHoldsUpACommandThatPrintsMoreThanIsKept) {
  harness_.options.log_bytes_max = 256 * 1'024;
  harness_.restart_server();
  const auto id = test_id("flood");
  harness_.run(harness_.shell(id, "yes 'sixteen bytes..' | head -n 500000"));
  EXPECT_EQ(observer().wait_exit(id).exit_code, 0);
  LogQuery query;
  query.after = 0;
  const auto page = provider().logs(id, query).value();
  EXPECT_EQ(page.lost_from, 1U);
  EXPECT_EQ(page.lost_to + 1, page.lines.front().seq);
  query.after.reset();
  query.tail = 1;
  EXPECT_EQ(provider().logs(id, query).value().lines.front().seq, 500'000U);
}

TEST_F(LocalRunsTest, KillsTheWholeGroupThatIgnoresTheStop) {
  const auto id = test_id("stubborn");
  harness_.run(harness_.shell(id,
                              "trap '' TERM; sh -c 'trap \"\" TERM; echo child; while :; do sleep 60; done' & "
                              "setsid sh -c 'trap \"\" TERM; echo other session; while :; do sleep 60; done' & "
                              "while :; do sleep 60; done"));
  observer().wait_seq(id, 2);
  ASSERT_GE(processes_of(id).size(), 3U);
  ASSERT_TRUE(provider().stop(id, 1, milliseconds(50)).has_value());
  const auto exit = observer().wait_exit(id);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_THAT(processes_of(id), IsEmpty());
}

TEST_F(LocalRunsTest, LeavesTheGraceTimeToTheWholeGroup) {
  const auto id = test_id("tidy child");
  // The shell dies of the signal at once; its child needs a moment more to clean up.
  harness_.run(harness_.shell(id,
                              "sh -c 'trap \"sleep 0.2; echo cleaned up; exit 0\" TERM; echo ready; "
                              "while :; do sleep 0.05; done' & wait"));
  observer().wait_seq(id, 1);
  ASSERT_TRUE(provider().stop(id, 1, seconds(60)).has_value());
  EXPECT_EQ(observer().wait_exit(id).signal, SIGTERM);
  EXPECT_THAT(texts_of(logs(id)), testing::Contains("cleaned up"));
}

TEST_F(LocalRunsTest, FinishesAStopWhenTheServerEndsRightAfterAskingForIt) {
  const auto id = test_id("stop and die");
  harness_.run(harness_.shell(id, "trap '' TERM; echo ready; while :; do sleep 60; done"));
  observer().wait_seq(id, 1);
  ASSERT_TRUE(provider().stop(id, 1, milliseconds(200)).has_value());
  harness_.stop_server();
  EXPECT_TRUE(eventually([&] { return processes_of(id).empty(); }));
  harness_.start_server();
  EXPECT_EQ(observer().wait_exit(id).signal, SIGKILL);
}

TEST_F(LocalRunsTest, EndsWhatTheCommandLeavesBehind) {
  const auto id = test_id("daemon");
  harness_.run(harness_.shell(id, "setsid sleep 3600 & sleep 3600 & echo started; exit 0"));
  EXPECT_EQ(observer().wait_exit(id).exit_code, 0);
  EXPECT_THAT(processes_of(id), IsEmpty());
}

/// Makes more of itself, each in a session of its own, as fast as its group lets it.
constexpr const char* kForkBomb = R"(
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True:
    try:
        if os.fork() == 0: os.setsid()
    except OSError:
        time.sleep(0.001)
)";

TEST_F(LocalRunsTest, EndsWhatMakesMoreOfItselfAllTheTime) {
  if (!Cgroups::detect("/proc/mounts").are_there()) GTEST_SKIP() << "no control groups can be made here";
  const auto id = test_id("fork bomb");
  auto order = harness_.shell(id, "");
  order.spec.command = {"python3", "-c", kForkBomb};
  order.spec.limits = deployments::Limits{std::nullopt, std::nullopt, 60};
  harness_.run(order);
  ASSERT_TRUE(eventually([&] { return processes_of(id).size() >= 50; }));
  ASSERT_TRUE(provider().stop(id, 1, milliseconds(10)).has_value());
  EXPECT_EQ(observer().wait_exit(id).signal, SIGKILL);
  EXPECT_THAT(processes_of(id), IsEmpty());
}

TEST_F(LocalRunsTest, ReportsASignalThatEndedTheCommand) {
  const auto id = test_id("crash");
  harness_.run(harness_.shell(id, "kill -SEGV $$"));
  const auto exit = observer().wait_exit(id);
  EXPECT_EQ(exit.signal, SIGSEGV);
  EXPECT_EQ(exit.exit_code, std::nullopt);
  EXPECT_EQ(exit.code, "process.signalled");
}

TEST_F(LocalRunsTest, SaysWhyACommandCannotBeExecuted) {
  auto order = harness_.shell(test_id("missing"), "");
  order.spec.command = {"no-such-program"};
  harness_.run(order);
  const auto exit = observer().wait_exit(order.order_id);
  EXPECT_EQ(exit.exit_code, 127);
  EXPECT_THAT(exit.text, HasSubstr("No such file"));
  order = harness_.shell(test_id("folder"), "");
  order.spec.command = {"/tmp"};
  harness_.run(order);
  EXPECT_EQ(observer().wait_exit(order.order_id).exit_code, 126);
}

TEST_F(LocalRunsTest, RemoveLeavesNoProcessAndNoFolder) {
  const auto id = test_id("leave nothing");
  harness_.run(harness_.shell(id,
                              "mkdir -p ro/deep; touch ro/deep/file; chmod 500 ro; ln -s /etc link; "
                              "trap '' TERM; setsid sleep 3600 & echo ready; while :; do sleep 60; done"));
  observer().wait_seq(id, 1);
  const int supervisor = supervisor_of(id);
  const auto cgroups = record_of(id).cgroup_folders;
  ASSERT_TRUE(provider().remove(id).has_value());
  EXPECT_THAT(processes_of(id), IsEmpty());
  EXPECT_FALSE(is_there(harness_.folder_of(id)));
  EXPECT_TRUE(harness_.is_emptied());
  EXPECT_TRUE(is_there("/etc/passwd"));
  for (const auto& folder : cgroups) EXPECT_FALSE(is_there(folder)) << folder;
  EXPECT_TRUE(eventually([&] { return has_ended(supervisor); }));
}

TEST_F(LocalRunsTest, FinishesARemovalThatAnEarlierServerBegan) {
  const auto half = harness_.folder_of(test_id("half")) + ".gone";
  ASSERT_EQ(::mkdir(half.c_str(), 0700), 0);
  harness_.restart_server();
  EXPECT_FALSE(is_there(half));
  EXPECT_TRUE(harness_.is_emptied());
}

TEST_F(LocalRunsTest, ReportsALostSupervisorAndEndsItsCommand) {
  const auto id = test_id("lost");
  harness_.run(harness_.shell(id, "(sleep 3600 & echo ready; sleep 3600)"));
  observer().wait_seq(id, 1);
  ASSERT_EQ(::kill(supervisor_of(id), SIGKILL), 0);
  const auto exit = observer().wait_exit(id);
  EXPECT_EQ(exit.code, "supervisor.lost");
  EXPECT_EQ(exit.exit_code, std::nullopt);
  EXPECT_TRUE(eventually([&] { return processes_of(id).empty(); }));
}

TEST_F(LocalRunsTest, EndsTheDaemonsOfALostSupervisorAlsoWithoutControlGroups) {
  harness_.options.mounts_file = "/dev/null";
  harness_.restart_server();
  const auto id = test_id("lost daemon");
  harness_.run(harness_.shell(id, "setsid sh -c 'echo ready; sleep 3600' & sleep 3600"));
  observer().wait_seq(id, 1);
  ASSERT_EQ(::kill(supervisor_of(id), SIGKILL), 0);
  EXPECT_EQ(observer().wait_exit(id).code, "supervisor.lost");
  EXPECT_THAT(processes_of(id), IsEmpty());
}

TEST_F(LocalRunsTest, FindsALostSupervisorAtTheNextStart) {
  const auto id = test_id("lost at night");
  harness_.run(harness_.shell(id, "(sleep 3600 & echo ready; sleep 3600)"));
  observer().wait_seq(id, 1);
  const int supervisor = supervisor_of(id), command = record_of(id).pid;
  harness_.stop_server();
  ASSERT_EQ(::kill(supervisor, SIGKILL), 0);
  // The command too, so that only a child of its session is left to be known again.
  ASSERT_EQ(::kill(command, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return has_ended(supervisor); }));
  harness_.start_server();
  const auto exit = observer().wait_exit(id);
  EXPECT_EQ(exit.code, "supervisor.lost");
  EXPECT_TRUE(eventually([&] { return processes_of(id).empty(); }));
  harness_.restart_server();
  EXPECT_EQ(observer().wait_exit(id).at, exit.at) << "said once, it stays so";
}

TEST_F(LocalRunsTest, SparesAnotherProcessThatHasTheOldNumber) {
  const auto id = test_id("reused");
  harness_.run(harness_.shell(id, "exit 0"));
  observer().wait_exit(id);
  harness_.stop_server();
  // As if the run had been lost and its number been given to a stranger, leader of a session as the command was.
  const auto stranger = ::fork();
  if (stranger == 0) {
    ::setsid();
    for (;;) ::pause();
  }
  auto record = record_of(id);
  record.pid = stranger;
  record.start_ticks = 1;
  record.cgroup_folders.clear();
  ASSERT_TRUE(write_run(harness_.folder_of(id), record));
  ASSERT_EQ(::unlink((harness_.folder_of(id) + "/exit").c_str()), 0);
  harness_.start_server();
  EXPECT_EQ(observer().wait_exit(id).code, "supervisor.lost");
  const auto stat = process_stat(stranger);
  EXPECT_TRUE(stat && stat->state != 'Z') << "the stranger was ended";
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
}

TEST_F(LocalRunsTest, ReportsARebootedMachine) {
  const auto boot_id = harness_.folder.path() + "/boot_id";
  std::ofstream(boot_id) << "first boot\n";
  harness_.options.boot_id_file = boot_id;
  harness_.restart_server();
  const auto running = test_id("was running"), ended = test_id("had ended");
  harness_.run(harness_.order_that_waits(running));
  harness_.run(harness_.order_that_exits(ended, 4));
  observer().wait_exit(ended);
  const int supervisor = supervisor_of(running), command = record_of(running).pid;
  harness_.stop_server();
  for (const int pid : {supervisor, command}) ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return has_ended(supervisor); }));
  std::ofstream(boot_id) << "second boot\n";
  harness_.start_server();
  EXPECT_EQ(observer().wait_exit(running).code, "host.rebooted");
  EXPECT_EQ(observer().wait_exit(ended).exit_code, 4);
  auto order = harness_.order_that_exits(running, 0);
  ASSERT_TRUE(provider().start(order, 2).has_value());
  EXPECT_EQ(observer().wait_exit(running, 2).exit_code, 0);
}

TEST_F(LocalRunsTest, RunsARunOnceEvenWhenTwoServersAskForIt) {
  const auto id = test_id("twice");
  const auto order = harness_.shell(id, "echo ran; sleep 3600");
  ASSERT_TRUE(provider().create(order).has_value());
  RecordingObserver second_observer;
  LocalProvider second(harness_.options, second_observer);
  std::thread other([&] { EXPECT_TRUE(second.start(order, 1).has_value()); });
  EXPECT_TRUE(provider().start(order, 1).has_value());
  other.join();
  observer().wait_seq(id, 1);
  EXPECT_EQ(provider().get(id).value().state, RunState::running);
  EXPECT_EQ(second.get(id).value().started_at, provider().get(id).value().started_at);
  EXPECT_EQ(logs(id).lines.size(), 1U);
}

TEST_F(LocalRunsTest, DoesNotStartANewRunWhileOneGoesOn) {
  const auto order = harness_.run(harness_.order_that_waits(test_id("busy")));
  EXPECT_EQ(provider().start(order, 2).error().code, "provider.invalid");
}

TEST_F(LocalRunsTest, KeepsTheWorkspaceOverRuns) {
  const auto id = test_id("disk");
  auto order = harness_.run(harness_.shell(id, "echo 1 >> runs; wc -l < runs; pwd"));
  observer().wait_exit(id);
  ASSERT_TRUE(provider().start(order, 2).has_value());
  observer().wait_exit(id, 2);
  const auto texts = texts_of(logs(id));
  ASSERT_EQ(texts.size(), 4U);
  EXPECT_EQ(texts[2], "2");
  EXPECT_EQ(texts[3], workspace_of(id));
}

TEST_F(LocalRunsTest, NamesTheAddressOfEachPort) {
  auto order = harness_.order_that_waits(test_id("ports"));
  order.spec.ports = {{8'888, "web", "http"}, {9'999, std::nullopt, std::nullopt}};
  const auto instance = provider().create(order);
  ASSERT_TRUE(instance.has_value());
  harness_.restart_server();
  const auto connection = provider().connection(order.order_id).value();
  EXPECT_EQ(connection, instance.value().connection);
  ASSERT_EQ(connection.ports.size(), 2U);
  EXPECT_EQ(connection.ports[0].url, "http://127.0.0.1:8888");
}

}  // namespace
}  // namespace hub::providers::local
