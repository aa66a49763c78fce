// Tasks taken in, each on disk before its answer; nothing runs meanwhile.
#include "ops/bench/http_load.hpp"
#include "ops/bench/tasks/task_site.hpp"

namespace hub::bench {
namespace {

struct Form {
  std::string_view name;
  std::size_t connections;
  std::size_t pipelined;
  std::size_t tasks;  ///< of one request; 0: one that is no batch
};

constexpr Form kForms[] = {
    {"post.16", 16, 1, 0},
    {"post.64_pipelined", 64, 16, 0},
    {"batch.1000", 4, 1, 1'000},
};
constexpr std::chrono::seconds kDuration{4};

void measure(Bench& bench, const Form& form) {
  TaskSite site(bench.options);
  const auto model = site.add_model(form.name, false, 1);
  const bool is_batch = form.tasks > 0;
  const std::vector<std::string> requests{is_batch ? task_batch_request(model, form.tasks) : task_request(model)};
  auto result = run_http_load({.server = &site.server(),
                               .connections = form.connections,
                               .pipelined = form.pipelined,
                               .duration = kDuration,
                               .requests = requests,
                               .status = is_batch ? 200 : 201});
  const auto tasks = result.answers * (is_batch ? form.tasks : 1);
  // What a batch refuses is in the body of its answer; lists are a moment behind the answers.
  site.await_pending(model, tasks);
  const auto counted = static_cast<double>(tasks);
  Figure figure{"task_enqueue." + std::string(form.name), counted / result.seconds, "tasks/s", tasks, {}, {}};
  figure.cpu_us = result.cpu_seconds / counted * 1e6;
  bench.report.add(std::move(figure), result.latencies);
}

}  // namespace

void measure_task_enqueue(Bench& bench) {
  bench.rest();
  for (const auto& form : kForms) measure(bench, form);
}

}  // namespace hub::bench
