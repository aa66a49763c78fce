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

void measure(Bench& bench, const std::string& name, std::size_t rows, const std::vector<std::string>& requests,
             int status) {
  HttpLoad load;
  load.port = bench.site(rows).server().port();
  load.requests = requests;
  load.status = status;
  auto result = run_http_load(load);
  bench.report.add({name + "." + size_text(rows),
                    static_cast<double>(result.answers) / result.seconds,
                    "1/s",
                    result.answers,
                    {},
                    {}},
                   result.latencies);
}

std::vector<std::string> gets_by_id(std::size_t rows, const std::string& query) {
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < std::min(rows, kIdsMax); ++i)
    requests.push_back(http_request("GET", fmt::format("{}/{}{}", kPath, id_of(i * kStride % rows), query)));
  return requests;
}

/// With few connections, so that the time is the answer's own and not that of a queue.
void measure_past_of(Bench& bench, const std::string& name, const std::vector<std::string>& requests) {
  const auto rows = bench.options.rows_large;
  HttpLoad load;
  load.port = bench.site(rows).server().port();
  load.connections = 2;
  load.requests = requests;
  auto result = run_http_load(load);
  bench.report.add({name + "." + size_text(rows),
                    static_cast<double>(result.answers) / result.seconds,
                    "1/s",
                    result.answers,
                    {},
                    {}},
                   result.latencies);
}

}  // namespace

void measure_http_get(Bench& bench) {
  for (const auto rows : {bench.options.rows_small, bench.options.rows_large})
    measure(bench, "http_get", rows, gets_by_id(rows, ""), 200);
}

void measure_http_list(Bench& bench) {
  const std::vector<std::string> requests{http_request("GET", kPath)};
  for (const auto rows : {bench.options.rows_small, bench.options.rows_large})
    measure(bench, "http_list", rows, requests, 200);
}

void measure_http_post(Bench& bench) {
  const std::vector<std::string> requests{http_request(
      "POST", kPath,
      R"({"name":"bench","provider":"local","command":["sleep","600"],"labels":{"team":"t1"},"desired":"stopped"})")};
  for (const auto rows : {bench.options.rows_small, bench.options.rows_large})
    measure(bench, "http_post", rows, requests, 201);
}

void measure_past(Bench& bench) {
  const auto rows = bench.options.rows_large;
  const auto at = "?at=" + to_rfc3339(bench.site(rows).filled().middle);
  // The first half was there at that time.
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < std::min(rows / 2, kIdsMax); ++i)
    requests.push_back(http_request("GET", fmt::format("{}/{}{}", kPath, id_of(i * kStride % (rows / 2)), at)));
  measure_past_of(bench, "past_one", requests);
  measure_past_of(bench, "past_list", {http_request("GET", std::string(kPath) + at)});
}

}  // namespace hub::bench
