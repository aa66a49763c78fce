// Lists, searches and figures of tasks as they are asked for over HTTP, among few and among many.
#include <fmt/format.h>

#include "ops/bench/http_client.hpp"
#include "ops/bench/http_load.hpp"
#include "ops/bench/tasks/task_site.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kModels = 8;
constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kFillConnections = 4;
constexpr std::size_t kPages = 400;
/// One of so many has the rare label; one batch of so many is completed, the others wait.
constexpr std::size_t kRareEvery = 50'000;
constexpr std::size_t kCompletedEvery = 10;
/// With few connections the time is the answer's own and not that of a queue.
constexpr std::size_t kConnections = 2;
constexpr std::chrono::seconds kDuration{2};

/// Batches that are sent in turn until there are `rows` tasks.
std::vector<std::string> batches(const std::vector<std::string>& waiting, const std::string& completing) {
  std::vector<std::string> requests;
  for (std::size_t number = 0; number < kRareEvery / kBatch; ++number) {
    std::vector<std::string> tasks;
    for (std::size_t i = 0; i < kBatch; ++i) {
      const auto team = number == 0 && i == 0 ? "rare" : fmt::format("t{}", i % 10);
      const auto& model = number % kCompletedEvery == 1 ? completing : waiting[i % waiting.size()];
      tasks.push_back(task_json(model, fmt::format(R"(,"priority":{},"labels":{{"team":"{}"}})", 1 + i % 3, team)));
    }
    requests.push_back(task_batch_request(tasks));
  }
  return requests;
}

void fill(TaskSite& site, std::size_t rows, std::vector<std::string>& models) {
  for (std::size_t i = 0; i < kModels; ++i) models.push_back(site.add_model(fmt::format("model-{}", i), false, 1));
  const auto completing = site.add_model("completing", true, 50);
  const auto requests = batches(models, completing);
  const auto sent = rows / kBatch;
  run_http_load({.server = &site.server(), .connections = kFillConnections, .answers = sent, .requests = requests});
  std::size_t completed = 0;
  for (std::size_t i = 0; i < sent; ++i) completed += i % requests.size() % kCompletedEvery == 1 ? kBatch : 0;
  site.await_completed(completing, completed);
  // A stop writes what was filled to disk; compacting that ends before anything is measured.
  site.restart();
}

void ask(Bench& bench, const TaskSite& site, const std::string& name, const std::vector<std::string>& targets) {
  std::vector<std::string> requests;
  for (const auto& target : targets) requests.push_back(http_request("GET", target));
  auto result = run_http_load(
      {.server = &site.server(), .connections = kConnections, .duration = kDuration, .requests = requests});
  const auto answers = static_cast<double>(result.answers);
  Figure figure{name, answers / result.seconds, "1/s", result.answers, {}, {}};
  figure.cpu_us = result.cpu_seconds / answers * 1e6;
  bench.report.add(std::move(figure), result.latencies);
}

void measure(Bench& bench, std::size_t rows) {
  TaskSite site(bench.options);
  std::vector<std::string> models;
  fill(site, rows, models);
  const auto list = [](std::string_view query) { return fmt::format("{}?{}", kTasksPath, query); };
  const auto measured = [&](std::string_view name, const std::vector<std::string>& targets) {
    ask(bench, site, fmt::format("http_{}.{}", name, size_text(rows)), targets);
  };
  std::vector<std::string> pages, of_models{list("status=completed"), list("status=pending")};
  for (std::size_t page = 1; page <= std::min(kPages, rows / 20); ++page)
    pages.push_back(list(fmt::format("page={}&page_size=20", page)));
  for (const auto& model : models) of_models.push_back(list("status=pending&model=" + model));
  measured("task_list", pages);
  measured("task_list_status", of_models);
  measured("task_search_name", {list("text=model-3"), list("text=completing")});
  measured("task_search_label", {list("label=team=rare"), list("text=rare")});
  measured("task_search_none", {list("text=nobody%20has%20this")});
  measured("task_dashboard", {"/api/v1/stats/dashboard"});
  measured("task_date", {"/api/v1/stats/tasks/date", "/api/v1/stats/tasks/date?days=30"});
}

}  // namespace

void measure_http_tasks(Bench& bench) {
  bench.rest();
  for (const auto rows : {bench.options.rows_small, bench.options.rows_large}) measure(bench, rows);
}

}  // namespace hub::bench
