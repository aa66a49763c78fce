#include <fmt/format.h>

#include "ops/bench/bench.hpp"
#include "ops/bench/http_client.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kDeployments = 50;
constexpr std::string_view kBody = R"({"name":"bench","provider":"local","command":["sleep","600"]})";

/// The text behind `"id":"` in an answer.
std::string id_in(const std::string& json) {
  const auto begin = json.find("\"id\":\"");
  require(begin != std::string::npos, "an answer without an id: " + json);
  return json.substr(begin + 6, json.find('"', begin + 6) - begin - 6);
}

}  // namespace

void measure_deploy_running(Bench& bench) {
  bench.rest();
  const Folder folder(bench.options.folder);
  const Server server(bench.options.binary, folder.path());
  HttpClient client(server.port());
  Latencies latencies(kDeployments);
  for (std::size_t i = 0; i < kDeployments; ++i) {
    const auto start = Clock::now();
    const auto made = client.ask("POST", "/api/v1/deployments?wait=running&timeout=30s", kBody);
    latencies.add(Clock::now() - start);
    // No process may be left over, whatever comes of it.
    const auto target = fmt::format("/api/v1/deployments/{}?wait=deleted&timeout=30s", id_in(made.body));
    require(client.ask("DELETE", target).status == 200, "a deployment is not deleted");
    require(made.body.find("\"status\":\"running\"") != std::string::npos, "a deployment does not run: " + made.body);
  }
  bench.report.add({"deploy_running", latencies.percentile_ms(0.5), "ms", kDeployments, {}, {}}, latencies);
}

}  // namespace hub::bench
