#include "projections/stats/sketch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "events/core/varint.hpp"

namespace hub::stats {
namespace {

/// Each doubling of the value is parted into so many ranges of one width: the middle of a range is at most half a width
/// from each of its values, which is 1 / 128 of the least of them.
constexpr unsigned kBits = 6;
constexpr std::uint64_t kParts = 1U << kBits;

// All in whole numbers, so that every machine comes to the same.
std::uint16_t bucket_of(std::uint64_t value) {
  if (value < kParts) return static_cast<std::uint16_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
  return static_cast<std::uint16_t>(shift * kParts + (value >> shift));
}

std::int64_t middle_of(std::uint64_t bucket) {
  if (bucket < 2 * kParts) return static_cast<std::int64_t>(bucket);
  const auto shift = bucket / kParts - 1;
  const auto least = (bucket - shift * kParts) << shift;
  return static_cast<std::int64_t>(least + ((std::uint64_t{1} << shift) >> 1U));
}

}  // namespace

void Sketch::add(std::int64_t value, std::uint64_t times) {
  const auto bucket = bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
  const auto place = std::lower_bound(buckets_.begin(), buckets_.end(), bucket,
                                      [](const Bucket& one, std::uint16_t number) { return one.first < number; });
  if (place != buckets_.end() && place->first == bucket)
    place->second += times;
  else
    buckets_.insert(place, {bucket, times});
}

void Sketch::add(const Sketch& other) {
  std::vector<Bucket> both;
  both.reserve(buckets_.size() + other.buckets_.size());
  auto own = buckets_.begin();
  for (const auto& bucket : other.buckets_) {
    while (own != buckets_.end() && own->first < bucket.first) both.push_back(*own++);
    both.push_back(bucket);
    if (own != buckets_.end() && own->first == bucket.first) both.back().second += (own++)->second;
  }
  both.insert(both.end(), own, buckets_.end());
  buckets_ = std::move(both);
}

std::uint64_t Sketch::count() const {
  std::uint64_t all = 0;
  for (const auto& bucket : buckets_) all += bucket.second;
  return all;
}

std::optional<std::int64_t> Sketch::quantile(double q) const {
  const auto all = count();
  if (all == 0) return std::nullopt;
  const auto wanted = std::max(1.0, std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(all)));
  std::uint64_t seen = 0;
  for (const auto& bucket : buckets_) {
    seen += bucket.second;
    if (static_cast<double>(seen) >= wanted) return middle_of(bucket.first);
  }
  return middle_of(buckets_.back().first);
}

void Sketch::append_to(std::string& out) const {
  append_varint(out, buckets_.size());
  std::uint16_t before = 0;
  for (const auto& bucket : buckets_) {
    append_varint(out, static_cast<std::uint64_t>(bucket.first - before));
    append_varint(out, bucket.second);
    before = bucket.first;
  }
}

bool Sketch::take_from(std::string_view& bytes) {
  std::uint64_t size = 0;
  // Each takes two bytes at least.
  if (!take_varint(bytes, size) || size > bytes.size() / 2) return false;
  buckets_.clear();
  buckets_.reserve(size);
  std::uint64_t number = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    std::uint64_t step = 0, times = 0;
    if (!take_varint(bytes, step) || !take_varint(bytes, times)) return false;
    number += step;
    if (number > UINT16_MAX) return false;
    buckets_.emplace_back(static_cast<std::uint16_t>(number), times);
  }
  return true;
}

}  // namespace hub::stats
