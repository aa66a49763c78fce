#include <fmt/format.h>

#include "ops/bench/bench.hpp"
#include "ops/bench/http_client.hpp"
#include "ops/bench/http_load.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kIdsMax = 50'000;
/// A prime, so that ids asked for in turn are spread over all rows.
constexpr std::size_t kStride = 7'919;
constexpr std::string_view kPath = "/api/v1/deployments";

void measure(Bench& bench, const std::string& name, std::size_t rows, HttpLoad load) {
  load.server = &bench.site(rows).server();
  auto result = run_http_load(load);
  const auto answers = static_cast<double>(result.answers);
  Figure figure{name + "." + size_text(rows), answers / result.seconds, "1/s", result.answers, {}, {}};
  figure.cpu_us = result.cpu_seconds / answers * 1e6;
  bench.report.add(std::move(figure), result.latencies);
}

std::vector<std::string> gets_by_id(std::size_t rows, const std::string& query) {
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < std::min(rows, kIdsMax); ++i)
    requests.push_back(http_request("GET", fmt::format("{}/{}{}", kPath, id_of(i * kStride % rows), query)));
  return requests;
}

}  // namespace

void measure_http_get(Bench& bench) {
  for (const auto rows : {bench.options.rows_small, bench.options.rows_large}) {
    const auto requests = gets_by_id(rows, "");
    measure(bench, "http_get", rows, {.requests = requests});
  }
}

void measure_http_list(Bench& bench) {
  const std::vector<std::string> requests{http_request("GET", kPath)};
  for (const auto rows : {bench.options.rows_small, bench.options.rows_large})
    measure(bench, "http_list", rows, {.requests = requests});
}

void measure_http_post(Bench& bench) {
  const std::vector<std::string> requests{http_request(
      "POST", kPath,
      R"({"name":"bench","provider":"local","command":["sleep","600"],"labels":{"team":"t1"},"desired":"stopped"})")};
  for (const auto rows : {bench.options.rows_small, bench.options.rows_large})
    measure(bench, "http_post", rows, {.requests = requests, .status = 201});
}

void measure_past(Bench& bench) {
  const auto rows = bench.options.rows_large;
  const auto at = "?at=" + to_rfc3339(bench.site(rows).filled().middle);
  // The first half was there at that time. With few connections the time is the answer's own and not that of a queue.
  const auto one = gets_by_id(rows / 2, at);
  measure(bench, "past_one", rows, {.connections = 2, .requests = one});
  const std::vector<std::string> list{http_request("GET", std::string(kPath) + at)};
  measure(bench, "past_list", rows, {.connections = 2, .requests = list});
}

}  // namespace hub::bench
