// Figures of the projections on a log in memory, one JSON line each. Arguments: rows of the large list (1,000,000).
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "tests/projections/support.hpp"

namespace hub {
namespace {

using Clock = std::chrono::steady_clock;
using testing::at_second;
using testing::Folder;
using testing::Hub;
using testing::id_of;
using testing::MemoryLog;
using testing::requested;

constexpr int kPartitions = 16;
constexpr int kBatch = 256;
constexpr std::size_t kCacheBytes = 64U << 20U;

/// CPU time of this thread or of all; the machine may be shared, and rates are by what the work itself takes.
double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void print(std::string_view name, double value, std::string_view unit, std::size_t n) {
  fmt::print("{{\"name\":\"{}\",\"value\":{:.1f},\"unit\":\"{}\",\"n\":{}}}\n", name, value, unit, n);
  std::fflush(stdout);
}

/// `count` deployments of three events each: asked for, prepared, started.
void fill(MemoryLog& log, int count) {
  std::vector<std::vector<log::Record>> open(kPartitions);
  for (int i = 0; i < count; ++i) {
    const auto id = id_of(i);
    const auto partition = partition_of(id, kPartitions);
    auto event = requested("service-" + std::to_string(i));
    event.spec.labels = {{"team", "t" + std::to_string(i % 10)}, {"env", "production"}};
    event.spec.price_usd_micro_per_hour = 250'000;
    event.owner = "user:" + std::to_string(i % 100);
    const auto time = at_second(i);
    auto& records = open[partition];
    records.push_back(testing::record_of(id, 1, event, time));
    records.push_back(testing::record_of(id, 2, deployments::DeploymentPrepared{"host-1", "cgroup2", {}}, time));
    records.push_back(testing::record_of(id, 3, deployments::DeploymentStarted{1, time}, time));
    if (records.size() >= kBatch) log.write(partition, std::exchange(records, {}), time);
  }
  for (PartitionId partition = 0; partition < kPartitions; ++partition)
    if (!open[partition].empty()) log.write(partition, std::move(open[partition]), at_second(count));
}

/// Calls `query` for a second; calls a second of CPU time, and the 99th percentile in microseconds.
template <class Query>
void measure(const std::string& name, Query query) {
  std::vector<double> times;
  const auto begin = Clock::now();
  const auto cpu = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  while (seconds_since(begin) < 1) {
    const auto one = Clock::now();
    query(times.size());
    times.push_back(seconds_since(one) * 1e6);
  }
  print(name, static_cast<double>(times.size()) / (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - cpu), "1/cpu-s",
        times.size());
  const auto p99 = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
  std::nth_element(times.begin(), p99, times.end());
  print(name + "_p99", *p99, "us", times.size());
}

void run(int count, const std::string& label) {
  const Folder folder;
  MemoryLog log(kPartitions);
  fill(log, count);
  auto runner = projections::Runner::open(log, {folder.path(), projections::make_resources(kCacheBytes, 32U << 20U)},
                                          {deployments::make_projection()})
                    .value();
  auto& feed = runner->feed("deployments");
  const deployments::Deployments queries(feed, log);
  Cursor head{log.incarnation(), {}};
  std::size_t events = 0;
  for (PartitionId i = 0; i < kPartitions; ++i) {
    head.seqs.push_back(log.head(i).seq);
    events += log.head(i).seq;
  }
  const auto cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  runner->start();
  HUB_ASSERT(feed.progress().wait_for(head, std::chrono::minutes(10)).value());
  print("fold_" + label, static_cast<double>(events) / (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu), "events/cpu-s",
        events);
  // Reads are measured on files as after a while, not on what is in memory only.
  feed.store()->flush(true);
  const auto now = at_second(count + 10);
  std::vector<std::string> ids;
  for (int i = 0; i < 100'000; ++i) ids.push_back(id_of(static_cast<int>(i * 7919LL % count)));
  const auto id = [&](std::size_t i) -> const std::string& { return ids[i % ids.size()]; };
  measure("get_" + label, [&](std::size_t i) { HUB_ASSERT(queries.get(id(i), now)); });
  deployments::ListQuery list;
  list.projects = {"default"};
  measure("list_" + label, [&](std::size_t) { HUB_ASSERT(queries.list(list, now).value().count == 20); });
  list.page = 100;
  measure("list_page_100_" + label, [&](std::size_t) { HUB_ASSERT(queries.list(list, now).value().count == 20); });
  list.page = 1;
  list.status = deployments::Status::running;
  measure("list_by_status_" + label, [&](std::size_t) { HUB_ASSERT(queries.list(list, now).value().count == 20); });
  list.status.reset();
  list.labels["team"] = "t3";
  measure("list_by_label_" + label, [&](std::size_t) { HUB_ASSERT(queries.list(list, now).value().count == 20); });
  list.labels.clear();
  const auto moment = deployments::moment_at(log, at_second(count / 2)).value();
  measure("at_one_" + label, [&](std::size_t i) { (void)queries.get_at(id(i), moment); });
  measure("at_list_" + label, [&](std::size_t) { HUB_ASSERT(queries.list_at(list, moment)); });
}

}  // namespace
}  // namespace hub

int main(int argc, char** argv) {
  hub::run(10'000, "10k");
  const int large = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  hub::run(large, fmt::format("{}k", large / 1'000));
}
