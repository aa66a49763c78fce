// Tasks taken in and completed, from the first request until the last is known to be completed.
#include <fmt/format.h>

#include "ops/bench/http_load.hpp"
#include "ops/bench/tasks/task_site.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kTasks = 20'000;
constexpr std::size_t kProducers = 16;
constexpr std::size_t kSlots[] = {50, 200};
constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kBatchConnections = 4;

/// Sends `load` to a new model and waits for its tasks.
void measure(Bench& bench, TaskSite& site, std::string_view name, std::size_t slots, bool in_batches) {
  const auto full_name = fmt::format("{}.{}_slots", name, slots);
  const auto model = site.add_model(full_name, true, slots);
  const std::vector<std::string> requests{in_batches ? task_batch_request(model, kBatch) : task_request(model)};
  const HttpLoad load{.server = &site.server(),
                      .connections = in_batches ? kBatchConnections : kProducers,
                      .answers = in_batches ? kTasks / kBatch : kTasks,
                      .requests = requests,
                      .status = in_batches ? 200 : 201};
  const auto cpu = site.server().cpu_seconds();
  const auto start = Clock::now();
  run_http_load(load);
  site.await_completed(model, kTasks);
  const auto seconds = seconds_since(start);
  Figure figure{"task_done." + full_name, kTasks / seconds, "tasks/s", kTasks, {}, {}};
  figure.cpu_us = (site.server().cpu_seconds() - cpu) / kTasks * 1e6;
  bench.report.add(std::move(figure));
}

/// Those that waited for a model which comes online.
void measure_drain(Bench& bench, TaskSite& site, std::size_t slots) {
  const auto name = fmt::format("drain.{}_slots", slots);
  const auto model = site.add_model(name, false, slots);
  const std::vector<std::string> requests{task_batch_request(model, kBatch)};
  run_http_load(
      {.server = &site.server(), .connections = 1, .answers = kTasks / kBatch, .requests = requests, .status = 200});
  site.server().wait_until_quiet();
  const auto cpu = site.server().cpu_seconds();
  const auto start = Clock::now();
  site.set_online(model);
  site.await_completed(model, kTasks);
  Figure figure{"task_done." + name, kTasks / seconds_since(start), "tasks/s", kTasks, {}, {}};
  figure.cpu_us = (site.server().cpu_seconds() - cpu) / kTasks * 1e6;
  bench.report.add(std::move(figure));
}

}  // namespace

void measure_task_done(Bench& bench) {
  bench.rest();
  TaskSite site(bench.options);
  for (const auto slots : kSlots) {
    measure(bench, site, "post", slots, false);
    measure(bench, site, "batch", slots, true);
    measure_drain(bench, site, slots);
  }
}

}  // namespace hub::bench
