// Figures of the embedded log, one JSON line each: log_bench [FOLDER]
#include <chrono>
#include <cstdio>

#include "events/log/embedded_log.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

constexpr std::size_t kDataBytes = 256;
constexpr std::size_t kPrepared = 200'000;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print(const std::string& name, double value, const char* unit, std::size_t count) {
  std::printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"n\":%zu}\n", name.c_str(), value, unit, count);
  std::fflush(stdout);
}

Record typical(std::size_t number) {
  auto record = event(derive_id("dep_", "bench", static_cast<std::uint32_t>(number)), 1,
                      "{\"text\":\"" + std::string(kDataBytes - 11, 'x') + "\"}");
  record.command_id = std::string(64, 'c');
  return record;
}

/// Seals and appends batches of `size` in one thread until about `total` events are durable.
void bench_appends(const std::filesystem::path& folder, std::size_t size, std::size_t total) {
  const auto log = open_embedded_log({.folder = folder, .memory_bytes_max = 32 << 20}).value();
  std::vector<Record> records;
  for (std::size_t i = 0; i < std::min(total, kPrepared); ++i) records.push_back(typical(i));
  auto head = log->claim(0, "bench").value();
  std::size_t done = 0;
  const auto start = std::chrono::steady_clock::now();
  while (done < total) {
    auto batch = batch_of(0, head.epoch, {}, wall_now());
    batch.records.reserve(size);
    for (std::size_t i = 0; i < size; ++i, ++done) {
      batch.records.push_back(records[done % records.size()]);
      batch.records.back().version = 1 + done / records.size();
    }
    HUB_ASSERT(log->append({sealed(std::move(batch), head)}) == Append::committed);
  }
  print("durable_appends_batch_" + std::to_string(size), static_cast<double>(done) / seconds_since(start), "events/s",
        done);
}

void bench_start_and_replay(const std::filesystem::path& folder) {
  auto start = std::chrono::steady_clock::now();
  const auto log = open_embedded_log({.folder = folder}).value();
  print("log_open", seconds_since(start) * 1'000, "ms", log->head(0).seq);
  start = std::chrono::steady_clock::now();
  std::size_t events = 0;
  for (Seq from = 1;;) {
    const auto batches = log->read(0, from, 1 << 20).value();
    if (batches.empty()) break;
    for (const auto& batch : batches) events += batch->records.size();
    from = batches.back()->end.last + 1;
  }
  print("replay_read_and_verify", static_cast<double>(events) / seconds_since(start), "events/s", events);
}

void bench_chain() {
  std::vector<Record> records(1'000, typical(1));
  auto batch = batch_of(0, 1, std::move(records));
  Head head;
  constexpr std::size_t rounds = 300;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < rounds; ++i) seal(batch, head);
  print("chain_cost", seconds_since(start) * 1e9 / (rounds * 1'000), "ns/record", rounds * 1'000);
}

}  // namespace
}  // namespace hub::log::testing

int main(int argc, char** argv) {
  using namespace hub::log::testing;
  const TemporaryFolder temporary;
  const std::filesystem::path folder = argc > 1 ? argv[1] : temporary.path();
  bench_chain();
  bench_appends(folder / "1", 1, 20'000);
  bench_appends(folder / "128", 128, 1'000'000);
  bench_appends(folder / "1024", 1'024, 1'000'000);
  bench_start_and_replay(folder / "128");
}
