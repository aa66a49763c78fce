#include "projections/stats/sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace hub::stats {
namespace {

constexpr double kErrorMax = 0.01;

/// Values of every size from microseconds to years.
std::vector<std::int64_t> values_of(std::uint64_t seed, int count) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> size(0, 48);
  std::vector<std::int64_t> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<std::int64_t>(std::exp2(size(random))) - 1);
  return values;
}

Sketch sketch_of(const std::vector<std::int64_t>& values) {
  Sketch sketch;
  for (const auto value : values) sketch.add(value);
  return sketch;
}

TEST(Sketch, TellsEveryQuantileWithAnErrorBelowOnePercent) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto values = values_of(seed, 2'000);
    const auto sketch = sketch_of(values);
    std::sort(values.begin(), values.end());
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(values.size())));
      const auto exact = static_cast<double>(values[static_cast<std::size_t>(rank) - 1]);
      const auto told = static_cast<double>(*sketch.quantile(q));
      EXPECT_LE(std::abs(told - exact), exact * kErrorMax) << "seed " << seed << " q " << q;
    }
  }
}

TEST(Sketch, TellsSmallValuesExactly) {
  for (std::int64_t value = 0; value < 128; ++value) {
    Sketch sketch;
    sketch.add(value);
    EXPECT_EQ(sketch.quantile(0.5), value);
  }
  Sketch below;
  below.add(-5);
  EXPECT_EQ(below.quantile(0.5), 0);
}

TEST(Sketch, IsTheSameInWhateverOrderItsPartsAreAdded) {
  const auto values = values_of(7, 3'000);
  const auto whole = sketch_of(values);
  Sketch parts, turned;
  for (std::size_t part = 0; part < 10; ++part) {
    std::vector<std::int64_t> some;
    for (auto i = part; i < values.size(); i += 10) some.push_back(values[i]);
    parts.add(sketch_of(some));
  }
  for (auto value = values.rbegin(); value != values.rend(); ++value) turned.add(*value);
  EXPECT_EQ(parts, whole);
  EXPECT_EQ(turned, whole);
  EXPECT_EQ(whole.count(), values.size());
}

TEST(Sketch, ComesBackFromItsBytesAndRefusesOthers) {
  const auto whole = sketch_of(values_of(3, 500));
  std::string bytes;
  whole.append_to(bytes);
  Sketch read;
  std::string_view rest = bytes;
  ASSERT_TRUE(read.take_from(rest));
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(read, whole);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string_view part(bytes.data(), size);
    EXPECT_FALSE(read.take_from(part)) << size;
  }
}

TEST(Sketch, WithoutValuesTellsNothing) {
  EXPECT_FALSE(Sketch().quantile(0.5));
}

}  // namespace
}  // namespace hub::stats
