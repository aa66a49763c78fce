#include "ops/bench/bench.hpp"
#include "ops/bench/http_client.hpp"
#include "ops/bench/http_load.hpp"

namespace hub::bench {
namespace {

constexpr int kStarts = 5;
constexpr double kMillisASecond = 1'000;

/// What a start has to do behind `end`, which ends a server that has just taken creates for as long as one load lasts.
template <class End>
void measure_starts(Bench& bench, const std::string& name, End end) {
  Latencies starts(kStarts);
  double worst = 0;
  auto& site = bench.site(bench.options.rows_large);
  for (int i = 0; i < kStarts; ++i) {
    end(site);
    site.start();
    const auto took = site.server().seconds_to_ready();
    starts.add(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(took)));
    worst = std::max(worst, took);
  }
  const auto size = size_text(bench.options.rows_large);
  bench.report.add({name + "." + size, worst * kMillisASecond, "ms", kStarts, {}, {}}, starts);
}

void take_creates(Site& site) {
  const std::vector<std::string> requests{
      http_request("POST", "/api/v1/deployments",
                   R"({"name":"bench","provider":"local","command":["sleep","600"],"desired":"stopped"})")};
  run_http_load({.server = &site.server(), .requests = requests, .status = 201});
}

}  // namespace

void measure_start(Bench& bench) {
  bench.rest();
  Latencies empty(kStarts);
  double worst = 0;
  for (int i = 0; i < kStarts; ++i) {
    const Folder folder(bench.options.folder);
    const Server server(bench.options.binary, folder.path());
    empty.add(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(server.seconds_to_ready())));
    worst = std::max(worst, server.seconds_to_ready());
  }
  bench.report.add({"start_ready.empty", worst * kMillisASecond, "ms", kStarts, {}, {}}, empty);
  measure_starts(bench, "start_ready", [](Site& site) { site.stop(); });
  measure_starts(bench, "start_ready_killed", [](Site& site) {
    take_creates(site);
    site.kill();
  });
}

}  // namespace hub::bench
