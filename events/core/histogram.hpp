#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hub {

/// How often values fell into which range, for figures of a hot path: any thread, no lock, two relaxed additions a
/// value. `bounds` are the upper ends of the ranges, ascending; what lies above the last is counted in one more.
template <std::size_t N>
class Histogram {
 public:
  explicit Histogram(const std::array<std::uint64_t, N>& upper_bounds) : bounds(upper_bounds) {}

  void observe(std::uint64_t value) {
    std::size_t at = 0;
    while (at < N && value > bounds[at]) ++at;
    counts_[at].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  /// Of range `at` alone, 0..N.
  std::uint64_t count(std::size_t at) const { return counts_[at].load(std::memory_order_relaxed); }
  std::uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }

  const std::array<std::uint64_t, N> bounds;

 private:
  std::array<std::atomic<std::uint64_t>, N + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// Of durations in microseconds: 100 µs to 10 s.
inline constexpr std::array<std::uint64_t, 15> kMicrosBounds = {100,     250,     500,       1'000,     2'500,
                                                                5'000,   10'000,  25'000,    50'000,    100'000,
                                                                250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};
using MicrosHistogram = Histogram<kMicrosBounds.size()>;

/// Of counts: 1 to 4,096.
inline constexpr std::array<std::uint64_t, 13> kCountBounds = {1,   2,   4,   8,     16,    32,   64,
                                                               128, 256, 512, 1'024, 2'048, 4'096};
using CountHistogram = Histogram<kCountBounds.size()>;

}  // namespace hub
