// What a call of /v1 costs beside the same call to the endpoint itself.
#include <fmt/format.h>

#include "ops/bench/http_client.hpp"
#include "ops/bench/http_load.hpp"
#include "ops/bench/tasks/task_site.hpp"
#include "ops/bench/tasks/upstream.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kClients = 16;
constexpr std::size_t kSlots = 50;
/// An endpoint that answers at once lets 16 clients fill the machine; with the other one it has time left over, and
/// what is measured is the way alone.
constexpr std::chrono::milliseconds kTakes[] = {std::chrono::milliseconds(0), std::chrono::milliseconds(20)};

HttpLoadResult measure_side(Bench& bench, const std::string& name, const HttpLoad& load) {
  auto result = run_http_load(load);
  const auto answers = static_cast<double>(result.answers);
  Figure figure{name, answers / result.seconds, "1/s", result.answers, {}, {}};
  if (load.port == 0) figure.cpu_us = result.cpu_seconds / answers * 1e6;
  bench.report.add(std::move(figure), result.latencies);
  return result;
}

void measure(Bench& bench, std::chrono::milliseconds takes) {
  const auto name = takes.count() == 0 ? std::string("at_once") : fmt::format("{}ms", takes.count());
  const Upstream upstream(takes);
  TaskSite site(bench.options);
  site.add_endpoint("proxied", upstream.port(), kSlots);
  const std::vector<std::string> requests{
      http_request("POST", "/v1/chat/completions",
                   fmt::format(R"({{"model":"proxied","messages":[{{"role":"user","content":"{}"}}]}})", kTaskInput))};
  HttpLoad load{.server = &site.server(), .connections = kClients, .requests = requests};
  load.port = upstream.port();
  auto direct = measure_side(bench, "v1_direct." + name, load);
  load.port = 0;
  auto through = measure_side(bench, "v1_through." + name, load);
  const auto more = [&](double share) {
    return through.latencies.percentile_ms(share) - direct.latencies.percentile_ms(share);
  };
  bench.report.add({"v1_overhead." + name, more(0.5), "ms", through.answers, more(0.5), more(0.99)});
}

}  // namespace

void measure_v1_overhead(Bench& bench) {
  bench.rest();
  for (const auto takes : kTakes) measure(bench, takes);
}

}  // namespace hub::bench
