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
  const auto cpu = site.server().cpu_seconds();
  auto result = run_http_load({.server = &site.server(),
                               .connections = form.connections,
                               .pipelined = form.pipelined,
                               .duration = kDuration,
                               .requests = requests,
                               .status = is_batch ? 200 : 201});
  const auto tasks = result.answers * (is_batch ? form.tasks : 1);
  const auto in_all = result.answers_in_all * (is_batch ? form.tasks : 1);
  // What a batch refuses is in the body of its answer; lists are a moment behind the answers.
  const auto answered = Clock::now();
  site.await_pending(model, in_all);
  const auto behind = seconds_since(answered);
  Figure figure{
      "task_enqueue." + std::string(form.name), static_cast<double>(tasks) / result.seconds, "tasks/s", tasks, {}, {}};
  // With what was left to do behind the answers, and with the warm-up.
  figure.cpu_us = (site.server().cpu_seconds() - cpu) / static_cast<double>(in_all) * 1e6;
  bench.report.add(std::move(figure), result.latencies);
  bench.report.add({"task_listed." + std::string(form.name), behind * 1e3, "ms behind", in_all, {}, {}});
}

}  // namespace

void measure_task_enqueue(Bench& bench) {
  bench.rest();
  for (const auto& form : kForms) measure(bench, form);
}

}  // namespace hub::bench
