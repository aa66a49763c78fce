#include "events/log/embedded_log.hpp"
#include "ops/bench/bench.hpp"
#include "projections/core/runner.hpp"
#include "projections/deployments/table.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kRows = 300'000;
constexpr std::size_t kCacheBytes = 16 << 20;
constexpr std::size_t kWriteBytes = 16 << 20;
constexpr std::chrono::seconds kPatience{120};

}  // namespace

void measure_projection_fold(Bench& bench) {
  bench.rest();
  const Folder folder(bench.options.folder);
  fill(folder.path(), kRows);
  log::EmbeddedOptions options;
  options.folder = folder.path() / "log";
  const auto log = log::open_embedded_log(options).value();
  Cursor head{log->incarnation(), {}};
  for (PartitionId partition = 0; partition < log->partitions(); ++partition)
    head.seqs.push_back(log->head(partition).seq);
  projections::RunnerOptions runner_options;
  runner_options.folder = folder.path() / "projections";
  runner_options.resources = projections::make_resources(kCacheBytes, kWriteBytes);
  auto runner = projections::Runner::open(*log, std::move(runner_options), {deployments::make_projection()}).value();
  const auto cpu = own_cpu_seconds();
  const auto start = Clock::now();
  runner->start();
  const auto reached = runner->feed("deployments").progress().wait_for(head, kPatience);
  require(reached && reached.value(), "the projection does not come to the end of the log");
  Figure figure{"projection_fold", static_cast<double>(kRows) / seconds_since(start), "events/s", kRows, {}, {}};
  figure.cpu_us = (own_cpu_seconds() - cpu) / static_cast<double>(kRows) * 1e6;
  bench.report.add(std::move(figure));
}

}  // namespace hub::bench
