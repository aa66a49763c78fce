#include "adapters/providers/local/metric_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/frame.hpp"

namespace hub::providers::local {
namespace {

constexpr std::int64_t kMinuteMicros = 60'000'000;

/// A place in the ring.
struct Slot {
  std::int64_t at_micros = 0;
  double values[kMetrics] = {};
  std::uint32_t crc = 0;
  std::uint32_t unused = 0;
};
static_assert(sizeof(Slot) == 96 && kMetrics == 10, "the file's format");

std::uint32_t crc_of(const Slot& slot) {
  return frame_crc({reinterpret_cast<const char*>(&slot), offsetof(Slot, crc)});
}

off_t place_of(std::int64_t minute) {
  return static_cast<off_t>(minute % kRollUpMinutes * std::int64_t{sizeof(Slot)});
}

Slot slot_of(const Sample& sample) {
  Slot slot;
  slot.at_micros = sample.at.micros;
  std::copy(sample.values.begin(), sample.values.end(), slot.values);
  slot.crc = crc_of(slot);
  return slot;
}

Sample sample_of(const Slot& slot) {
  auto sample = unknown_sample(Instant{slot.at_micros});
  std::copy(std::begin(slot.values), std::end(slot.values), sample.values.begin());
  return sample;
}

bool is_counter(std::size_t metric) {
  return metric >= kNetworkRxBytes && metric <= kDiskWriteBytes;
}

/// Gathers samples of one span of time into one.
struct Gathering {
  std::array<double, kMetrics> sum_or_last{};
  std::array<std::uint32_t, kMetrics> count{};

  void add(const Sample& sample) {
    for (std::size_t i = 0; i < kMetrics; ++i) {
      if (std::isnan(sample.values[i])) continue;
      sum_or_last[i] = is_counter(i) ? sample.values[i] : sum_or_last[i] + sample.values[i];
      ++count[i];
    }
  }
  Sample at(Instant at) const {
    auto sample = unknown_sample(at);
    for (std::size_t i = 0; i < kMetrics; ++i)
      if (count[i] > 0) sample.values[i] = is_counter(i) ? sum_or_last[i] : sum_or_last[i] / count[i];
    return sample;
  }
};

std::vector<MetricSample> thinned(const std::vector<Sample>& samples, Instant from, Duration step) {
  std::vector<MetricSample> out;
  std::size_t next = 0;
  while (next < samples.size()) {
    const auto bucket = samples[next].at.micros / step.micros;
    Gathering gathering;
    while (next < samples.size() && samples[next].at.micros / step.micros == bucket) gathering.add(samples[next++]);
    const auto at = std::max(from, Instant{bucket * step.micros});
    out.push_back(to_metric_sample(gathering.at(at)));
  }
  return out;
}

}  // namespace

Sample unknown_sample(Instant at) {
  Sample sample{at, {}};
  sample.values.fill(std::numeric_limits<double>::quiet_NaN());
  return sample;
}

MetricSample to_metric_sample(const Sample& sample) {
  MetricSample named{sample.at, {}};
  const auto& units = metric_units();
  for (std::size_t i = 0; i < kMetrics; ++i) {
    std::optional<double> value;
    if (!std::isnan(sample.values[i])) value = sample.values[i];
    named.values.emplace(units[i].name, value);
  }
  return named;
}

Sample from_metric_sample(const MetricSample& named) {
  auto sample = unknown_sample(named.at);
  const auto& units = metric_units();
  for (std::size_t i = 0; i < kMetrics; ++i) {
    const auto found = named.values.find(units[i].name);
    if (found != named.values.end() && found->second) sample.values[i] = *found->second;
  }
  return sample;
}

MetricStore::~MetricStore() {
  write_minute();
}

void MetricStore::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
}

/// What a server before this one has kept; what was torn is left out.
void MetricStore::load() {
  if (std::exchange(is_loaded_, true)) return;
  const Fd file(::open((path_ + std::string(kRawSuffix)).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return;
  std::vector<Slot> slots(kRawSlots);
  const auto got = ::pread(file.get(), slots.data(), slots.size() * sizeof(Slot), 0);
  slots.resize(got > 0 ? static_cast<std::size_t>(got) / sizeof(Slot) : 0);
  std::vector<std::pair<std::int64_t, std::uint64_t>> order;
  for (std::uint64_t place = 0; place < slots.size(); ++place)
    if (slots[place].at_micros > 0 && slots[place].crc == crc_of(slots[place]))
      order.emplace_back(slots[place].at_micros, place);
  std::sort(order.begin(), order.end());
  for (const auto& [at, place] : order) {
    if (at < order.back().first - kRawKept.micros || (!raw_.empty() && at == raw_.back().at.micros)) continue;
    raw_.push_back(sample_of(slots[place]));
    raw_next_ = place + 1;
  }
  if (raw_.empty()) return;
  // The minute that had begun goes on.
  minute_.number = raw_.back().at.micros / kMinuteMicros;
  for (const auto& sample : raw_)
    if (sample.at.micros / kMinuteMicros == minute_.number) roll_up(sample);
}

void MetricStore::write_raw(const Sample& sample) {
  if (is_closed_) return;
  const auto slot = slot_of(sample);
  const Fd file(::open((path_ + std::string(kRawSuffix)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const auto place = static_cast<off_t>(raw_next_++ % kRawSlots * sizeof slot);
  // Telemetry: on a full disk a sample is missing after a restart.
  if (file.is_open() && ::pwrite(file.get(), &slot, sizeof slot, place) < 0) return;
}

void MetricStore::add(const Sample& sample) {
  const std::lock_guard lock(mutex_);
  load();
  // A clock that was set back would break the order that reading counts on.
  if (!raw_.empty() && sample.at <= raw_.back().at) return;
  was_added_to_ = true;
  raw_.push_back(sample);
  write_raw(sample);
  while (raw_.front().at < sample.at - kRawKept) raw_.pop_front();
  roll_up(sample);
}

void MetricStore::roll_up(const Sample& sample) {
  const auto number = sample.at.micros / kMinuteMicros;
  if (number != minute_.number) {
    write_minute();
    minute_ = {};
    minute_.number = number;
  }
  Gathering gathering{minute_.sum_or_last, minute_.count};
  gathering.add(sample);
  minute_.sum_or_last = gathering.sum_or_last;
  minute_.count = gathering.count;
}

void MetricStore::write_minute() {
  if (minute_.number < 0 || is_closed_ || !was_added_to_) return;
  const Instant at{minute_.number * kMinuteMicros};
  const auto slot = slot_of(Gathering{minute_.sum_or_last, minute_.count}.at(at));
  const Fd file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  // Telemetry: on a full disk a minute is missing.
  if (file.is_open() && ::pwrite(file.get(), &slot, sizeof slot, place_of(minute_.number)) < 0) return;
}

void MetricStore::read_minutes(std::int64_t from, std::int64_t to, std::vector<Sample>& out) const {
  const Fd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return;
  from = std::max(from, to - kRollUpMinutes);
  std::vector<Slot> slots;
  for (auto minute = from; minute < to;) {
    const auto to_end = kRollUpMinutes - minute % kRollUpMinutes;
    slots.assign(static_cast<std::size_t>(std::min(to - minute, to_end)), Slot{});
    if (::pread(file.get(), slots.data(), slots.size() * sizeof(Slot), place_of(minute)) < 0) return;
    for (const auto& slot : slots) {
      // Another minute's: a gap of this ring's round, or a write that was torn.
      if (slot.at_micros == minute * kMinuteMicros && slot.crc == crc_of(slot)) {
        out.push_back(sample_of(slot));
      }
      ++minute;
    }
  }
}

std::vector<MetricSample> MetricStore::read(Instant from, Instant to, Duration step) {
  std::vector<Sample> samples;
  {
    const std::lock_guard lock(mutex_);
    load();
    const auto raw_from = raw_.empty() ? to : raw_.front().at;
    const auto minutes_to = std::min(raw_from, to).micros;
    read_minutes((std::max<std::int64_t>(from.micros, 0) + kMinuteMicros - 1) / kMinuteMicros,
                 (minutes_to + kMinuteMicros - 1) / kMinuteMicros, samples);
    for (const auto& sample : raw_)
      if (sample.at >= from && sample.at < to) samples.push_back(sample);
  }
  if (samples.size() > kSamplesMax) {
    const auto span = samples.back().at.micros - samples.front().at.micros;
    step.micros = std::max(step.micros, span / static_cast<std::int64_t>(kSamplesMax - 2) + 1);
  }
  if (step.micros > 0) return thinned(samples, from, step);
  std::vector<MetricSample> out;
  out.reserve(samples.size());
  for (const auto& sample : samples) out.push_back(to_metric_sample(sample));
  return out;
}

}  // namespace hub::providers::local
