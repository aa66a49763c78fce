#include "ops/bench/report.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace hub::bench {
namespace {

/// What a figure should be; fields without a value ask for nothing.
struct Goal {
  std::string_view name;  ///< of a figure, or what it begins with before its size (`http_get` for `http_get.10k`)
  std::optional<double> value_min = {};
  std::optional<double> value_max = {};
  std::optional<double> p50_ms_max = {};
  std::optional<double> p99_ms_max = {};
};

constexpr Goal kGoals[] = {
    {.name = "log_append.128", .value_min = 300'000},
    {.name = "log_append.1024", .value_min = 300'000},
    {.name = "log_replay", .value_min = 500'000},
    {.name = "http_post", .value_min = 30'000, .p99_ms_max = 10},
    {.name = "http_get", .value_min = 70'000, .p99_ms_max = 3},
    {.name = "http_list", .value_min = 15'000},
    {.name = "task_fold", .value_min = 50'000},
    {.name = "task_list", .p99_ms_max = 100},
    {.name = "task_list_status", .p99_ms_max = 100},
    {.name = "task_list_page_max", .p99_ms_max = 100},
    {.name = "task_search_name", .p99_ms_max = 100},
    {.name = "task_search_label", .p99_ms_max = 100},
    {.name = "task_search_none", .p99_ms_max = 100},
    {.name = "task_dashboard", .p99_ms_max = 50},
    {.name = "task_enqueue.post.16", .value_min = 25'000},
    {.name = "task_enqueue.post.64_pipelined", .value_min = 40'000},
    {.name = "task_enqueue.batch.1000", .value_min = 60'000},
    {.name = "task_done", .value_min = 20'000},
    {.name = "task_latency", .p50_ms_max = 1.5, .p99_ms_max = 4},
    {.name = "v1_overhead", .p50_ms_max = 0.5, .p99_ms_max = 5},
    {.name = "http_task_list", .p99_ms_max = 100},
    {.name = "http_task_list_status", .p99_ms_max = 100},
    {.name = "http_task_search_name", .p99_ms_max = 100},
    {.name = "http_task_search_label", .p99_ms_max = 100},
    {.name = "http_task_search_none", .p99_ms_max = 100},
    {.name = "http_task_dashboard", .p99_ms_max = 50},
    {.name = "http_task_date", .p99_ms_max = 50},
    {.name = "deploy_running", .p50_ms_max = 150, .p99_ms_max = 500},
    {.name = "live_latency", .p99_ms_max = 100},
    {.name = "live_fan_out.5000x100", .value_max = 1.4},
    {.name = "live_fan_out.1000x100", .value_max = 2.5},
    {.name = "start_ready.empty", .value_max = 1'000},
    {.name = "start_ready", .value_max = 2'000},
    {.name = "start_ready_killed", .value_max = 2'000},
    {.name = "memory_idle", .value_max = 64},
    {.name = "memory_per_actor", .value_max = 2'048},
    {.name = "kafka_single", .value_min = 40'000},
    {.name = "kafka_ten", .value_min = 150'000},
    {.name = "kafka_latency", .p50_ms_max = 12, .p99_ms_max = 40},
    {.name = "kafka_single.raw"},
    {.name = "kafka_ten.raw"},
    {.name = "kafka_single.share", .value_min = 50},
    {.name = "kafka_ten.share", .value_min = 50},
    {.name = "past_one", .p99_ms_max = 50},
    {.name = "past_list", .p99_ms_max = 500},
};

const Goal* goal_of(std::string_view name) {
  const auto find = [](std::string_view wanted) {
    const auto* found =
        std::find_if(std::begin(kGoals), std::end(kGoals), [&](const Goal& goal) { return goal.name == wanted; });
    return found == std::end(kGoals) ? nullptr : found;
  };
  const auto* exact = find(name);
  return exact != nullptr ? exact : find(name.substr(0, name.find('.')));
}

std::string goal_text(const Goal& goal) {
  std::string text;
  const auto add = [&](std::string_view what, const std::optional<double>& bound) {
    if (bound) text += fmt::format("{}{} {:.6g}", text.empty() ? "" : ", ", what, *bound);
  };
  add(">=", goal.value_min);
  add("<=", goal.value_max);
  add("p50 <=", goal.p50_ms_max);
  add("p99 <=", goal.p99_ms_max);
  return text;
}

bool is_met(const Goal& goal, const Figure& figure) {
  return !(goal.value_min && figure.value < *goal.value_min) && !(goal.value_max && figure.value > *goal.value_max) &&
         !(goal.p50_ms_max && figure.p50_ms.value_or(0) > *goal.p50_ms_max) &&
         !(goal.p99_ms_max && figure.p99_ms.value_or(0) > *goal.p99_ms_max);
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", *value) : "";
}

double load_of_machine() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

}  // namespace

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double own_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void give_up(std::string_view what) {
  fmt::print(stderr, "hub_bench: {}\n", what);
  std::exit(1);
}

double Latencies::percentile_ms(double share) {
  if (micros_.empty()) return 0;
  const auto rank = std::min(micros_.size() - 1, static_cast<std::size_t>(static_cast<double>(micros_.size()) * share));
  const auto place = micros_.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(micros_.begin(), place, micros_.end());
  return static_cast<double>(*place) / 1'000;
}

void Report::add(Figure figure) {
  std::string line = fmt::format("{{\"name\":\"{}\",\"value\":{:.6g},\"unit\":\"{}\",\"n\":{}", figure.name,
                                 figure.value, figure.unit, figure.n);
  if (figure.p50_ms) line += fmt::format(",\"p50_ms\":{:.3f}", *figure.p50_ms);
  if (figure.p99_ms) line += fmt::format(",\"p99_ms\":{:.3f}", *figure.p99_ms);
  if (figure.cpu_us) line += fmt::format(",\"cpu_us\":{:.3f}", *figure.cpu_us);
  // Whoever reads a figure should see whether the machine had other work.
  line += fmt::format(",\"load\":{:.1f}}}", load_of_machine());
  fmt::print("{}\n", line);
  std::fflush(stdout);
  figures_.push_back(std::move(figure));
}

void Report::add(Figure figure, Latencies& latencies) {
  figure.p50_ms = latencies.percentile_ms(0.50);
  figure.p99_ms = latencies.percentile_ms(0.99);
  add(std::move(figure));
}

void Report::print_table() const {
  constexpr auto kRow = "{:<32} {:>12} {:<12} {:>9} {:>9} {:>9}  {:<26} {}\n";
  fmt::print(stderr, kRow, "figure", "value", "unit", "p50 ms", "p99 ms", "CPU us", "goal", "");
  for (const auto& figure : figures_) {
    const auto* goal = goal_of(figure.name);
    fmt::print(stderr, kRow, figure.name, fmt::format("{:.6g}", figure.value), figure.unit, number(figure.p50_ms),
               number(figure.p99_ms), number(figure.cpu_us), goal ? goal_text(*goal) : "",
               !goal                   ? ""
               : is_met(*goal, figure) ? "met"
                                       : "MISSED");
  }
}

}  // namespace hub::bench
