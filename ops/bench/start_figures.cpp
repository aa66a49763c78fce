#include "ops/bench/bench.hpp"

namespace hub::bench {
namespace {

constexpr int kStarts = 5;
constexpr double kMillisASecond = 1'000;

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
  auto& site = bench.site(bench.options.rows_large);
  Latencies full(kStarts);
  worst = 0;
  for (int i = 0; i < kStarts; ++i) {
    site.stop();
    site.start();
    const auto took = site.server().seconds_to_ready();
    full.add(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(took)));
    worst = std::max(worst, took);
  }
  bench.report.add(
      {"start_ready." + size_text(bench.options.rows_large), worst * kMillisASecond, "ms", kStarts, {}, {}}, full);
}

}  // namespace hub::bench
