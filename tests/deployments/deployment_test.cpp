#include "actors/deployments/deployment.hpp"

#include "tests/support/aggregate_spec.hpp"

namespace hub::deployments {
namespace {

using Spec_ = test::Spec<Deployment>;
constexpr Instant noon{1'772'366'400'000'000};  // 2026-03-01T12:00:00Z

Spec spec(Policy policy = Policy::never, std::optional<std::int32_t> max = {}) {
  Spec made;
  made.name = "trainer";
  made.provider = "local";
  made.command = {"sleep", "1000"};
  made.restart_policy.policy = policy;
  made.restart_policy.max_restarts = max;
  return made;
}
DeploymentRequested requested(Policy policy = Policy::never, std::optional<std::int32_t> max = {}) {
  return {spec(policy, max), Desired::running, "user:ann"};
}
const DeploymentPrepared prepared{"here", "cgroup2", {}};
const DeploymentStarted started{1, noon};
Reason exited(int code) {
  return {"process.exited", "", code, {}, {}};
}
Spec_ running(Policy policy = Policy::never, std::optional<std::int32_t> max = {}) {
  return Spec_().at(noon).given({requested(policy, max), prepared, started});
}
std::string owed(const Spec_& s) {
  std::string all;
  for (const auto& due : s.agenda()) all += due.name + " " + due.key + ";";
  return all;
}

TEST(Deployment, IsPreparedThenStartedThenWatched) {
  Spec_ s;
  s.at(noon).when(RequestDeployment{spec(), Desired::running, "user:ann"}).then({requested()});
  EXPECT_EQ(owed(s), "prepare 1.1;");
  s.when(ReportPrepared{"here", "cgroup2", {}}).then({prepared});
  EXPECT_EQ(owed(s), "start 1.1;");
  s.when(ReportStarted{1, noon}).then({started});
  EXPECT_EQ(owed(s), "watch 1;");
}

TEST(Deployment, DesiredStoppedStartsNothing) {
  Spec_ s;
  s.at(noon).when(RequestDeployment{spec(), Desired::stopped, "user:ann"});
  EXPECT_EQ(owed(s), "");
  s.when(StartDeployment{}).then({DeploymentStartRequested{1, 0}});
  EXPECT_EQ(owed(s), "prepare 1.1;");
}

TEST(Deployment, ReportsThatComeTwiceChangeNothing) {
  running().when(ReportStarted{1, noon}).then({});
  running().when(ReportPrepared{"here", "cgroup2", {}}).then({});
  running().when(ReportExited{7, noon, exited(0)}).then({});
  Spec_ ended = running().when(ReportExited{1, noon, exited(0)});
  ended.when(ReportExited{1, noon, exited(0)}).then({});
}

TEST(Deployment, StopsWhenItsCommandEndsByItself) {
  running().when(ReportExited{1, noon, exited(0)}).then({DeploymentStopped{1, noon, exited(0)}});
}

TEST(Deployment, FailsWhenItsCommandEndsBadly) {
  running().when(ReportExited{1, noon, exited(3)}).then({DeploymentFailed{1, noon, exited(3)}});
}

TEST(Deployment, AnEndBeforeItsStartWasReportedCounts) {
  Spec_()
      .given({requested(), prepared})
      .when(ReportExited{1, noon, exited(0)})
      .then({DeploymentStopped{1, noon, exited(0)}});
}

TEST(Deployment, StopAsksTheProviderAndEndsWhenTheProcessHasEnded) {
  auto s = running().when(StopDeployment{}).then({DeploymentStopRequested{1, false}});
  EXPECT_EQ(owed(s), "stop 1.1;");
  Reason killed{"process.signalled", "ended by SIGTERM", {}, 15, {}};
  Reason asked{"user.stopped", "stopped as asked: ended by SIGTERM", {}, 15, {}};
  s.when(ReportExited{1, noon, killed}).then({DeploymentStopped{1, noon, asked}});
  EXPECT_EQ(owed(s), "");
}

TEST(Deployment, StartOfARunningAndStopOfAStoppedChangeNothing) {
  running().when(StartDeployment{}).then({});
  running().given({DeploymentStopped{1, noon, exited(0)}}).when(StopDeployment{}).then({});
}

TEST(Deployment, IllegalTransitionsAreRefused) {
  Spec_().when(StopDeployment{}).then_refused("deployment.not_found");
  running()
      .given({DeploymentFailed{1, noon, exited(1)}})
      .when(StopDeployment{})
      .then_refused("deployment.failed_already");
  running().given({DeploymentStopRequested{1, false}}).when(StartDeployment{}).then_refused("deployment.stopping");
  running().given({DeploymentDeleteRequested{}}).when(StartDeployment{}).then_refused("deployment.deleted");
  running()
      .given({DeploymentDeleteRequested{}, DeploymentDeleted{noon}})
      .when(StopDeployment{})
      .then_refused("deployment.deleted");
  running().when(RequestDeployment{spec(), Desired::running, "user:bob"}).then_refused("deployment.already_exists");
}

TEST(Deployment, AShellIsOnlyOpenedInWhatRuns) {
  const DeploymentTerminalOpened opened{1, "trm_1"};
  auto s = running().when(OpenTerminal{"trm_1"}).then({opened});
  EXPECT_EQ(owed(s), "watch 1;");
  Spec_().when(OpenTerminal{"trm_1"}).then_refused("deployment.not_found");
  running().given({DeploymentStopRequested{1, false}}).when(OpenTerminal{"trm_1"}).then_refused("terminal.not_running");
  running().given({DeploymentDeleteRequested{}}).when(OpenTerminal{"trm_1"}).then_refused("deployment.deleted");
}

TEST(Deployment, TheEndOfAShellIsRecordedWhateverHasBecomeOfTheDeployment) {
  const Reason ended{"terminal.run_ended", "the run has ended", {}, {}, {}};
  const DeploymentTerminalClosed closed{"trm_1", ended};
  running().given({DeploymentTerminalOpened{1, "trm_1"}}).when(CloseTerminal{"trm_1", ended}).then({closed});
  running()
      .given({DeploymentDeleteRequested{}, DeploymentDeleted{noon}})
      .when(CloseTerminal{"trm_1", ended})
      .then({closed});
  Spec_().when(CloseTerminal{"trm_1", ended}).then_refused("deployment.not_found");
}

TEST(Deployment, RestartStopsAndThenStartsTheNextRun) {
  auto s = running().when(RestartDeployment{}).then({DeploymentStopRequested{1, true}});
  s.when(ReportExited{1, noon, exited(0)});
  EXPECT_EQ(owed(s), "start 2.1;");
}

TEST(Deployment, AStopOverridesARestartUnderWay) {
  auto s = running().when(RestartDeployment{}).when(StopDeployment{}).then({DeploymentStopRequested{1, false}});
  s.when(ReportExited{1, noon, exited(0)});
  EXPECT_EQ(owed(s), "");
}

TEST(Deployment, ThePolicyRestartsWithADoublingBackOff) {
  auto s = running(Policy::on_failure, 2).when(ReportExited{1, noon, exited(1)});
  s.then({DeploymentRestartScheduled{1, noon, noon + seconds(1), exited(1)}});
  EXPECT_EQ(owed(s), "restart 1;");
  s.when(RestartDue{1}).then({});  // too early
  s.at(noon + seconds(1)).when(RestartDue{1}).then({DeploymentStartRequested{2, 1}});
  s.given({DeploymentStarted{2, noon + seconds(1)}});
  s.at(noon + seconds(2)).when(ReportExited{2, noon + seconds(2), exited(1)});
  s.then({DeploymentRestartScheduled{2, noon + seconds(2), noon + seconds(4), exited(1)}});
  s.at(noon + seconds(4)).when(RestartDue{2}).given({DeploymentStarted{3, noon + seconds(4)}});
  auto last = exited(1);
  last.text = "; not restarted again, max_restarts is 2";
  s.when(ReportExited{3, noon + seconds(5), exited(1)}).then({DeploymentFailed{3, noon + seconds(5), last}});
}

TEST(Deployment, OnFailureLetsSuccessEnd) {
  running(Policy::on_failure).when(ReportExited{1, noon, exited(0)}).then({DeploymentStopped{1, noon, exited(0)}});
  running(Policy::always)
      .when(ReportExited{1, noon, exited(0)})
      .then({DeploymentRestartScheduled{1, noon, noon + seconds(1), exited(0)}});
}

TEST(Deployment, ALongRunStartsTheCountOfRestartsOver) {
  auto s = running(Policy::always, 1)
               .given({DeploymentRestartScheduled{1, noon, noon + seconds(1), exited(1)},
                       DeploymentStartRequested{2, 1}, DeploymentStarted{2, noon}});
  const auto late = noon + seconds(600);
  s.at(late)
      .when(ReportExited{2, late, exited(1)})
      .then({DeploymentRestartScheduled{2, late, late + seconds(1), exited(1)}});
}

TEST(Deployment, AStopDuringTheBackOffEndsIt) {
  auto s = running(Policy::always).given({DeploymentRestartScheduled{1, noon, noon + seconds(9), exited(1)}});
  s.when(StopDeployment{});
  EXPECT_EQ(owed(s), "");
}

TEST(Deployment, ARetryableFailureIsTriedAgainLater) {
  const Reason busy{"provider.unreachable", "", {}, {}, {}};
  auto s = Spec_().at(noon).given({requested()}).when(ReportEffectFailed{"prepare", "1.1", true, {}, busy});
  s.then({DeploymentEffectRetried{"prepare", 2, noon + seconds(1), busy}});
  EXPECT_EQ(owed(s), "prepare 1.2;");
  s.when(ReportEffectFailed{"prepare", "1.1", true, {}, busy}).then({});  // late news of the first attempt
}

TEST(Deployment, AFinalFailureOfItsProviderFailsIt) {
  const Reason refused{"provider.invalid", "", {}, {}, {}};
  Spec_()
      .at(noon)
      .given({requested()})
      .when(ReportEffectFailed{"prepare", "1.1", false, {}, refused})
      .then({DeploymentFailed{1, noon, refused}});
}

TEST(Deployment, WhatMustEndIsAskedAgainUntilItDoes) {
  const Reason refused{"provider.invalid", "", {}, {}, {}};
  auto s = running().given({DeploymentDeleteRequested{}});
  s.when(ReportEffectFailed{"remove", "1.1", false, {}, refused});
  EXPECT_EQ(owed(s), "remove 1.2;");
}

TEST(Deployment, IsDeletedWhenTheProviderHasRemovedIt) {
  auto s = running().when(DeleteDeployment{}).then({DeploymentDeleteRequested{}});
  EXPECT_EQ(owed(s), "remove 1.1;");
  s.when(ReportRemoved{}).then({DeploymentDeleted{noon}});
  s.when(DeleteDeployment{}).then({});
}

TEST(Deployment, AnUnreachableOneIsTakenUpAgain) {
  auto s = running().when(ReportUnreachable{{"host.away", "", {}, {}, {}}});
  EXPECT_EQ(s.state().status, Status::unreachable);
  s.when(ReportReachable{1}).then({DeploymentReachable{1}});
  EXPECT_EQ(s.state().status, Status::running);
}

TEST(Deployment, ChangedLimitsReachTheNextStart) {
  ChangeDeployment change;
  change.limits = Limits{2.0, {}, {}};
  auto s = running().when(change).when(RestartDeployment{}).when(ReportExited{1, noon, exited(0)});
  EXPECT_NE(s.agenda().front().data.find("\"cpus\":2"), std::string::npos) << s.agenda().front().data;
}

}  // namespace
}  // namespace hub::deployments
