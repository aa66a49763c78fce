// Producers that are made anew, each because of an indefinite error: each is counted, and none leaves anything behind.
#include <dirent.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "events/kafka/transactions.hpp"
#include "tests/kafka/mock_brokers.hpp"

namespace hub::kafka {
namespace {

namespace requests = testing::requests;

constexpr std::uint64_t kRecyclesShort = 8, kRecyclesLong = 1'000;
/// Made before anything is measured: what a first use allocates for good.
constexpr std::uint64_t kWarmUp = 4;
/// An allocator keeps some of what came back; a producer that stayed would cost more than this by itself.
constexpr long kGrowthBytesEach = 50'000;
constexpr long kGrowthBytesMin = 16L << 20;

std::size_t entries(const char* folder) {
  std::size_t count = 0;
  auto* open = opendir(folder);
  HUB_ASSERT(open != nullptr);
  while (readdir(open) != nullptr) ++count;
  closedir(open);
  return count;
}
long resident_bytes() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}
struct Held {
  std::size_t threads = entries("/proc/self/task");
  std::size_t files = entries("/proc/self/fd");
  long bytes = resident_bytes();
};

class Recycles {
 public:
  /// Writes with an error on its way until so many were made anew in all.
  void make(std::uint64_t count) {
    while (turn_.recycled() < count) {
      const auto before = turn_.recycled();
      const bool is_lost = ++rounds_ % 2 == 0;
      brokers_.fail(requests::kEndTxn, is_lost ? RD_KAFKA_RESP_ERR__TRANSPORT : RD_KAFKA_RESP_ERR_INVALID_TXN_STATE);
      std::vector<Placed> messages(1);
      // An answer that was lost is asked for again, and only its producer is in doubt.
      EXPECT_EQ(turn_.write(Topics("ns").events, messages), is_lost ? Outcome::committed : Outcome::unknown);
      EXPECT_EQ(turn_.write(Topics("ns").events, messages), Outcome::fenced);
      const auto made = turn_.renew();
      ASSERT_TRUE(made) << made.error().detail;
      EXPECT_TRUE(made.value());
      EXPECT_EQ(turn_.recycled() - before, is_lost ? 1U : 2U);
    }
  }
  void open() { ASSERT_TRUE(turn_.renew()); }

 private:
  testing::MockBrokers brokers_{"ns"};
  TurnOfTwo turn_{brokers_.brokers(), "ch-ns-one-0"};
  std::uint64_t rounds_ = 0;
};

TEST(Recycles, AreCountedAndLeaveNoThreadFileOrMemoryBehind) {
  Recycles recycles;
  recycles.open();
  recycles.make(kWarmUp);
  const Held before;
  const auto count = std::getenv("HUB_LONG") == nullptr ? kRecyclesShort : kRecyclesLong;
  recycles.make(kWarmUp + count);
  const Held behind;
  std::printf("recycles=%lu threads=%zu..%zu files=%zu..%zu resident=%ld..%ld KiB\n", count, before.threads,
              behind.threads, before.files, behind.files, before.bytes / 1024, behind.bytes / 1024);
  // A connection that is still being opened or closed has a descriptor.
  constexpr std::size_t kUnderWay = 6;
  EXPECT_LE(behind.threads, before.threads + kUnderWay);
  EXPECT_LE(behind.files, before.files + kUnderWay);
  EXPECT_LT(behind.bytes - before.bytes, std::max(kGrowthBytesMin, static_cast<long>(count) * kGrowthBytesEach));
}

}  // namespace
}  // namespace hub::kafka
