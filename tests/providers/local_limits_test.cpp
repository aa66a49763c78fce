#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "adapters/providers/local/cgroups.hpp"
#include "tests/providers/local_harness.hpp"

namespace hub::providers::local {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Wants 100 MB in one variable.
constexpr const char* kHungry = "x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo ${#x}";

deployments::Limits memory_limit(std::int64_t bytes) {
  return {std::nullopt, bytes, std::nullopt};
}

class LocalLimitsTest : public testing::Test {
 protected:
  std::string limits_by(const CreateOrder& order) { return harness_.provider().create(order).value().limits_by; }
  std::vector<std::string> output_of(const CreateOrder& order) {
    harness_.run(order);
    harness_.observer().wait_exit(order.order_id);
    return texts_of(harness_.provider().logs(order.order_id, {}).value());
  }
  void without_control_groups() {
    harness_.options.mounts_file = "/dev/null";
    harness_.restart_server();
  }
  static bool has_control_groups() { return Cgroups::detect("/proc/mounts").are_there(); }

  LocalHarness harness_;
};

TEST_F(LocalLimitsTest, HoldsMemoryByTheAddressSpaceWhereThereAreNoControlGroups) {
  without_control_groups();
  auto order = harness_.shell(test_id("rlimit"), kHungry);
  order.spec.limits = memory_limit(48 << 20);
  EXPECT_EQ(limits_by(order), "rlimit");
  EXPECT_THAT(output_of(order), Not(Contains("100000000")));
  order = harness_.shell(test_id("no limit"), kHungry);
  EXPECT_EQ(limits_by(order), "none");
  EXPECT_THAT(output_of(order), Contains("100000000"));
}

TEST_F(LocalLimitsTest, SaysNoneWhereNothingCanHoldALimit) {
  without_control_groups();
  auto order = harness_.shell(test_id("cpus only"), "exit 0");
  order.spec.limits = deployments::Limits{0.5, std::nullopt, std::nullopt};
  EXPECT_EQ(limits_by(order), "none");
}

TEST_F(LocalLimitsTest, HoldsMemoryByAControlGroup) {
  if (!has_control_groups()) GTEST_SKIP() << "no control groups can be made here";
  auto order = harness_.shell(test_id("cgroup memory"), kHungry);
  order.spec.limits = memory_limit(48 << 20);
  EXPECT_THAT(limits_by(order), HasSubstr("cgroup"));
  EXPECT_THAT(output_of(order), Not(Contains("100000000")));
}

TEST_F(LocalLimitsTest, HoldsTheNumberOfProcesses) {
  if (!has_control_groups()) GTEST_SKIP() << "no control groups can be made here";
  auto order = harness_.shell(test_id("cgroup pids"), "for i in 1 2 3 4 5 6 7 8; do sleep 3600 & done; echo made all");
  order.spec.limits = deployments::Limits{std::nullopt, std::nullopt, 4};
  EXPECT_THAT(output_of(order), Not(Contains("made all")));
  order = harness_.shell(test_id("pids unlimited"), order.spec.command[2]);
  EXPECT_THAT(output_of(order), Contains("made all"));
}

TEST_F(LocalLimitsTest, HoldsTheShareOfProcessors) {
  if (!has_control_groups()) GTEST_SKIP() << "no control groups can be made here";
  harness_.options.intervals.usual = milliseconds(200);
  harness_.restart_server();
  auto order = harness_.shell(test_id("cgroup cpu"), "while :; do :; done");
  order.spec.limits = deployments::Limits{0.1, std::nullopt, std::nullopt};
  harness_.run(order);
  const auto samples = harness_.observer().wait_samples(order.order_id, 8);
  double sum = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) sum += samples[i].values.at("cpu_percent").value_or(0);
  EXPECT_LT(sum / static_cast<double>(samples.size() - 1), 30);
  EXPECT_GT(sum, 0);
}

TEST_F(LocalLimitsTest, LeavesNoControlGroup) {
  const auto order = harness_.run(harness_.order_that_waits(test_id("no group left")));
  const auto folders = read_run(harness_.folder_of(order.order_id))->cgroup_folders;
  EXPECT_EQ(folders.empty(), !has_control_groups());
  for (const auto& folder : folders) EXPECT_EQ(::access(folder.c_str(), F_OK), 0);
  ASSERT_TRUE(harness_.provider().remove(order.order_id).has_value());
  for (const auto& folder : folders) EXPECT_NE(::access(folder.c_str(), F_OK), 0) << folder;
}

TEST_F(LocalLimitsTest, ManyDeploymentsComeAndGoAndServersWithThem) {
  const int count = std::getenv("HUB_LONG") != nullptr ? 50 : 10;
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(test_id("churn " + std::to_string(i)));
    harness_.run(harness_.shell(ids.back(), "i=1; while :; do echo $i; i=$((i+1)); sleep 0.01; done"));
  }
  for (int restart = 0; restart < count; ++restart) {
    harness_.restart_server();
    for (const auto& id : ids) EXPECT_EQ(harness_.provider().get(id).value().state, RunState::running);
  }
  for (const auto& id : ids) ASSERT_TRUE(harness_.provider().stop(id, 1, seconds(10)).has_value());
  for (const auto& id : ids) {
    EXPECT_EQ(harness_.observer().wait_exit(id).signal, 15);
    LogQuery query;
    query.is_stderr = false;  // the shell's own word on the signal is not the loop's
    query.limit = 10'000;
    const auto page = harness_.provider().logs(id, query).value();
    ASSERT_FALSE(page.lines.empty());
    for (std::size_t i = 0; i < page.lines.size(); ++i) ASSERT_EQ(page.lines[i].text, std::to_string(i + 1));
    ASSERT_TRUE(harness_.provider().remove(id).has_value());
    EXPECT_THAT(processes_of(id), IsEmpty());
  }
  EXPECT_TRUE(harness_.is_emptied());
}

}  // namespace
}  // namespace hub::providers::local
