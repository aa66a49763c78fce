// fault_writer FOLDER FILE SKIPPED: appends to a log until the sync of a file whose name ends with FILE fails, and
// prints the seq of each acknowledged batch. Ends by itself with 0 only when nothing failed.
#include <cstdio>
#include <cstdlib>

#include "events/log/embedded_log_env.hpp"
#include "tests/log/faulty_files.hpp"
#include "tests/log/samples.hpp"

int main(int argc, char** argv) {
  using namespace hub::log;
  using namespace hub::log::testing;
  if (argc != 4) return 2;
  const auto files = std::make_shared<FaultyFiles>();
  const auto env = rocksdb::NewCompositeEnv(files);
  const auto log =
      open_embedded_log_on({.folder = argv[1], .partitions = 2, .memory_bytes_max = 128 << 10}, env.get()).value();
  auto head = log->claim(0, "node").value();
  files->fail_sync_once(argv[2], std::strtoull(argv[3], nullptr, 10));
  for (hub::Version version = 1; version <= 3'000; ++version) {
    if (log->append({sealed_events(0, head, {event("e", version, std::string(1'000, ' ') + "1")})}) !=
        Append::committed)
      return 3;
    std::printf("%llu\n", static_cast<unsigned long long>(head.seq));
    std::fflush(stdout);
  }
}
