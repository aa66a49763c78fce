#include "events/log/chain.hpp"
#include "events/log/embedded_log.hpp"
#include "ops/bench/bench.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kReplayRows = 500'000;
constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::size_t kChainRecords = 1'000;
constexpr std::size_t kChainRounds = 200;

/// Batches of `size` records, not yet sealed.
std::vector<log::Batch> batches_of(std::size_t size, std::size_t total) {
  std::vector<log::Batch> batches(total / size);
  std::size_t number = 0;
  for (auto& batch : batches) {
    batch.end.index_time = wall_now();
    for (std::size_t i = 0; i < size; ++i) batch.records.push_back(requested(number++, batch.end.index_time));
  }
  return batches;
}

void measure_appends_of(Bench& bench, std::size_t size, std::size_t total) {
  const Folder folder(bench.options.folder);
  log::EmbeddedOptions options;
  options.folder = folder.path() / "log";
  const auto log = log::open_embedded_log(options).value();
  auto batches = batches_of(size, total);
  auto head = log->claim(0, "bench").value();
  Latencies latencies(batches.size());
  const auto cpu = own_cpu_seconds();
  const auto start = Clock::now();
  for (auto& batch : batches) {
    const auto one = Clock::now();
    batch.end.epoch = head.epoch;
    log::seal(batch, head);
    const auto appended = log->append({std::make_shared<const log::Batch>(std::move(batch))});
    require(appended == log::Append::committed, "the log does not take a batch");
    latencies.add(Clock::now() - one);
  }
  const auto seconds = seconds_since(start);
  const auto count = batches.size() * size;
  Figure figure{"log_append." + std::to_string(size), static_cast<double>(count) / seconds, "events/s", count, {}, {}};
  figure.cpu_us = (own_cpu_seconds() - cpu) / static_cast<double>(count) * 1e6;
  bench.report.add(std::move(figure), latencies);
}

}  // namespace

void measure_log_append(Bench& bench) {
  bench.rest();
  measure_appends_of(bench, 1, 10'000);
  measure_appends_of(bench, 128, 400'000);
  measure_appends_of(bench, 1'024, 400'000);
}

void measure_log_chain(Bench& bench) {
  bench.rest();
  auto batches = batches_of(kChainRecords, kChainRecords);
  log::Head head;
  const auto cpu = own_cpu_seconds();
  for (std::size_t i = 0; i < kChainRounds; ++i) log::seal(batches.front(), head);
  constexpr auto kRecords = kChainRounds * kChainRecords;
  const auto nanos = (own_cpu_seconds() - cpu) * 1e9 / static_cast<double>(kRecords);
  bench.report.add({"log_chain", nanos, "ns/record", kRecords, {}, {}});
}

void measure_log_replay(Bench& bench) {
  bench.rest();
  const Folder folder(bench.options.folder);
  fill(folder.path(), kReplayRows);
  log::EmbeddedOptions options;
  options.folder = folder.path() / "log";
  options.read_only = true;
  const auto log = log::open_embedded_log(options).value();
  std::size_t events = 0;
  const auto cpu = own_cpu_seconds();
  const auto start = Clock::now();
  for (PartitionId partition = 0; partition < log->partitions(); ++partition) {
    for (Seq from = 1;;) {
      const auto batches = log->read(partition, from, kReadBytes).value();
      if (batches.empty()) break;
      for (const auto& batch : batches) events += batch->records.size();
      from = batches.back()->end.last + 1;
    }
  }
  const auto count = static_cast<double>(events);
  Figure figure{"log_replay", count / seconds_since(start), "events/s", events, {}, {}};
  figure.cpu_us = (own_cpu_seconds() - cpu) / count * 1e6;
  bench.report.add(std::move(figure));
}

}  // namespace hub::bench
