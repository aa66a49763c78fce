#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "adapters/providers/local/metric_store.hpp"
#include "adapters/providers/local/sampler.hpp"
#include "tests/providers/local_harness.hpp"

namespace hub::providers::local {
namespace {

using testing::IsEmpty;

constexpr std::int64_t kMinute = 60'000'000;
/// A whole minute, and a whole round of the ring.
constexpr Instant kStart{kRollUpMinutes * kMinute * 700};

Sample sample_at(Instant at, double cpu, double disk) {
  auto sample = unknown_sample(at);
  sample.values[kCpuPercent] = cpu;
  sample.values[kDiskReadBytes] = disk;
  return sample;
}

class MetricStoreTest : public testing::Test {
 protected:
  std::string path() const { return folder_.path() + "/metrics"; }
  TemporaryFolder folder_;
};

TEST_F(MetricStoreTest, KeepsAnHourAsTakenAndMinutesBeforeIt) {
  MetricStore store(path());
  for (int i = 0; i < 2 * 720; ++i) store.add(sample_at(kStart + seconds(5 * i), i % 2 == 0 ? 10 : 30, i));
  const auto all = store.read(kStart, kStart + seconds(7'200), {});
  // The second hour as taken (both ends of it), the first by the minute.
  ASSERT_EQ(all.size(), 60U + 721U);
  EXPECT_EQ(all[0].at, kStart);
  EXPECT_EQ(all[0].values.at("cpu_percent"), 20) << "a gauge is averaged";
  EXPECT_EQ(all[0].values.at("disk_read_bytes"), 11) << "a counter gives its last value";
  EXPECT_EQ(all[0].values.at("gpu_percent"), std::nullopt);
  EXPECT_EQ(all[1].at, kStart + seconds(60));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
}

TEST_F(MetricStoreTest, FindsItsMinutesAfterARestart) {
  { MetricStore(path()).add(sample_at(kStart, 50, 7)); }
  const auto kept = MetricStore(path()).read(kStart, kStart + seconds(60), {});
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].values.at("cpu_percent"), 50);
}

TEST_F(MetricStoreTest, FindsItsSamplesAsTakenBehindAKill) {
  MetricStore killed(path());  // not told to end before the next one reads
  for (int i = 0; i < 3; ++i) killed.add(sample_at(kStart + seconds(5 * i), i, 7));
  MetricStore next(path());
  next.add(sample_at(kStart + seconds(15), 3, 7));
  const auto kept = next.read(kStart, kStart + seconds(60), {});
  ASSERT_EQ(kept.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(kept[i].values.at("cpu_percent"), static_cast<double>(i));
}

TEST_F(MetricStoreTest, WritesNothingWhereItOnlyReads) {
  { MetricStore(path()).add(sample_at(kStart, 50, 7)); }
  ASSERT_EQ(::unlink(path().c_str()), 0);
  EXPECT_EQ(MetricStore(path()).read(kStart, kStart + seconds(60), {}).size(), 1U);
  EXPECT_NE(::access(path().c_str(), F_OK), 0);
}

TEST_F(MetricStoreTest, ReadsNothingOfATornSampleAndGoesRoundItsRing) {
  {
    MetricStore store(path());
    for (std::uint64_t i = 0; i < kRawSlots + 10; ++i)
      store.add(sample_at(kStart + milliseconds(100 * static_cast<std::int64_t>(i)), 1, 7));
  }
  std::fstream(path() + std::string(kRawSuffix), std::ios::in | std::ios::out | std::ios::binary).seekp(20).put('x');
  const auto kept = MetricStore(path()).read(kStart + seconds(1), kStart + seconds(3'600), {});
  EXPECT_EQ(kept.size(), kRawSlots - 1);
  EXPECT_EQ(kept.back().at, kStart + milliseconds(100 * static_cast<std::int64_t>(kRawSlots + 9)));
}

TEST_F(MetricStoreTest, ThinsToOneValueAStep) {
  MetricStore store(path());
  for (int i = 0; i < 60; ++i) store.add(sample_at(kStart + seconds(i), i, i));
  const auto thin = store.read(kStart, kStart + seconds(60), seconds(10));
  ASSERT_EQ(thin.size(), 6U);
  EXPECT_EQ(thin[1].at, kStart + seconds(10));
  EXPECT_EQ(thin[1].values.at("cpu_percent"), 14.5);
  EXPECT_EQ(thin[1].values.at("disk_read_bytes"), 19);
}

TEST_F(MetricStoreTest, StaysBoundedOver40Days) {
  MetricStore store(path());
  constexpr int kMinutes = 40 * 24 * 60;
  for (int i = 0; i < kMinutes; ++i) store.add(sample_at(kStart + seconds(60 * i), i, i));
  struct stat info {};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_LE(info.st_size, 4 << 20);
  const auto end = kStart + seconds(60 * kMinutes);
  const auto all = store.read(kStart, end, {});
  EXPECT_LE(all.size(), kSamplesMax);
  EXPECT_GE(all.front().at, end - seconds(31 * 24 * 3'600)) << "older minutes are overwritten, not mixed in";
  EXPECT_GE(store.read(end - seconds(29 * 24 * 3'600), end - seconds(28 * 24 * 3'600), {}).size(), 1'440U);
}

TEST_F(MetricStoreTest, SkipsADamagedMinute) {
  { MetricStore(path()).add(sample_at(kStart, 50, 7)); }
  ASSERT_EQ(::unlink((path() + std::string(kRawSuffix)).c_str()), 0);
  const Fd file(::open(path().c_str(), O_WRONLY));
  ASSERT_EQ(::pwrite(file.get(), "x", 1, 20), 1);
  EXPECT_THAT(MetricStore(path()).read(kStart, kStart + seconds(60), {}), IsEmpty());
}

class LocalMetricsTest : public testing::TestWithParam<const char*> {
 protected:
  LocalMetricsTest() {
    harness_.options.intervals = {milliseconds(100), milliseconds(20)};
    harness_.options.mounts_file = GetParam();
    harness_.restart_server();
  }
  LocalHarness harness_;
};

TEST_P(LocalMetricsTest, MeasuresABusyLoopAndItsMemory) {
  const auto id = test_id("busy loop");
  // The work is done by a child, and its memory is one variable of 30 MB.
  harness_.run(harness_.shell(id,
                              "sh -c 'x=$(head -c 30000000 /dev/zero | tr \"\\0\" x); echo ready; while :; do :; "
                              "done' & wait"));
  harness_.observer().wait_seq(id, 1);
  const auto count = harness_.observer().wait_samples(id, 1).size();
  const auto samples = harness_.observer().wait_samples(id, count + 10);
  const auto& last = samples.back().values;
  EXPECT_GT(last.at("memory_bytes").value_or(0), 25e6);
  EXPECT_LT(last.at("memory_bytes").value_or(1e12), 1e9);
  double cpu = 0;
  for (const auto& sample : samples) cpu = std::max(cpu, sample.values.at("cpu_percent").value_or(0));
  EXPECT_GT(cpu, 10);
  EXPECT_LT(cpu, 100.0 * static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN)) * 1.5);
  EXPECT_TRUE(last.at("disk_write_bytes").has_value());
  EXPECT_EQ(last.at("network_rx_bytes"), std::nullopt) << "the machine's network is not counted by process";
  const auto kept = harness_.provider().metrics(id, wall_now() - seconds(600), wall_now() + seconds(1), {}).value();
  EXPECT_GE(kept.size(), 11U);
  EXPECT_EQ(kept.front().values.size(), metric_units().size());
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutControlGroups, LocalMetricsTest, testing::Values("/proc/mounts", "/dev/null"));

TEST(LocalWatchTest, SamplesMoreOftenWhileSomebodyWatches) {
  LocalHarness harness;
  harness.options.intervals = {seconds(3'600), milliseconds(20)};
  harness.restart_server();
  const auto order = harness.run(harness.order_that_waits(test_id("watched")));
  harness.observer().wait_samples(order.order_id, 1);
  harness.provider().watch_metrics(order.order_id, true);
  harness.observer().wait_samples(order.order_id, 5);
  harness.provider().watch_metrics(order.order_id, false);
}

TEST(LocalGpuTest, SaysPlainlyWhenThereIsNoGpu) {
  LocalHarness harness;
  harness.options.nvml_library = "no-such-library.so";
  harness.options.intervals.usual = milliseconds(20);
  harness.restart_server();
  EXPECT_EQ(harness.provider().capabilities().gpu_note, "no GPU here");
  auto order = harness.order_that_waits(test_id("wants gpu"));
  order.spec.gpu = deployments::Gpu{"RTX 4090", 1};
  const auto created = harness.provider().create(order);
  ASSERT_FALSE(created.has_value());
  EXPECT_EQ(created.error().code, "provider.no_capacity");
  const auto plain = harness.run(harness.order_that_waits(test_id("no gpu")));
  const auto samples = harness.observer().wait_samples(plain.order_id, 1);
  for (const auto& [name, value] : samples.front().values) {
    if (name.rfind("gpu_", 0) == 0) {
      EXPECT_EQ(value, std::nullopt) << name;
    }
  }
}

TEST(LocalGpuTest, ReadsTheGpusOfARun) {
  LocalHarness harness;
  const auto pid_file = harness.folder.path() + "/gpu-pid";
  ::setenv("FAKE_NVML_PID_FILE", pid_file.c_str(), 1);
  harness.options.nvml_library = HUB_FAKE_NVML;
  harness.options.intervals.usual = milliseconds(20);
  harness.restart_server();
  EXPECT_EQ(harness.provider().capabilities().gpu_note, "2 x Pretend 9000");
  const auto offers = harness.provider().offers().value();
  EXPECT_EQ(offers.at(0).gpu_count, 2);
  EXPECT_EQ(offers.at(0).gpu_memory_bytes, 2 * (24LL << 30));

  auto order = harness.order_that_waits(test_id("gpu"));
  order.spec.gpu = deployments::Gpu{"Pretend 9000", 2};
  harness.run(order);
  const auto idle = harness.observer().wait_samples(order.order_id, 1).back().values;
  EXPECT_EQ(idle.at("gpu_memory_bytes"), 0);
  EXPECT_EQ(idle.at("gpu_power_watts"), std::nullopt) << "nothing is told of a card that the run does not use";
  // Renamed into place, as the reader may look at any moment.
  std::ofstream(pid_file + ".new") << read_run(harness.folder_of(order.order_id))->pid;
  ASSERT_EQ(std::rename((pid_file + ".new").c_str(), pid_file.c_str()), 0);
  const auto seen = harness.observer().wait_samples(order.order_id, 1).size();
  const auto busy = harness.observer().wait_samples(order.order_id, seen + 2).back().values;
  EXPECT_EQ(busy.at("gpu_percent"), 80);
  EXPECT_EQ(busy.at("gpu_memory_bytes"), 3e9);
  EXPECT_EQ(busy.at("gpu_temperature_celsius"), 66);
  EXPECT_EQ(busy.at("gpu_power_watts"), 250.5);
  order.order_id = test_id("too many");
  order.spec.gpu->count = 3;
  EXPECT_EQ(harness.provider().create(order).error().code, "provider.no_capacity");
  ::unsetenv("FAKE_NVML_PID_FILE");
}

}  // namespace
}  // namespace hub::providers::local
