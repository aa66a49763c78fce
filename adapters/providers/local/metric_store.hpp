#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/providers/provider.hpp"

namespace hub::providers::local {

/// Places in a sample, in the order of metric_units().
enum Metric : std::size_t {
  kCpuPercent,  ///< 100: one core busy
  kMemoryBytes,
  kNetworkRxBytes,
  kNetworkTxBytes,
  kDiskReadBytes,
  kDiskWriteBytes,
  kGpuPercent,
  kGpuMemoryBytes,
  kGpuTemperature,
  kGpuPower,
  kMetrics
};

struct Sample {
  Instant at;
  std::array<double, kMetrics> values;  ///< NaN: unknown
};
/// With nothing known.
Sample unknown_sample(Instant at);
MetricSample to_metric_sample(const Sample& sample);

inline constexpr Duration kRawKept = seconds(3'600);
inline constexpr std::int64_t kRollUpMinutes = 30 * 24 * 60;
inline constexpr std::size_t kSamplesMax = 10'000;

/// The samples of one deployment: the last hour in memory as taken, 30 days of minutes in a ring on disk (96 bytes a
/// minute, at most 4 MiB). Not fsynced. May be used by several threads.
class MetricStore {
 public:
  explicit MetricStore(std::string path) : path_(std::move(path)) {}
  /// Keeps the minute that has begun.
  ~MetricStore();
  MetricStore(const MetricStore&) = delete;
  MetricStore& operator=(const MetricStore&) = delete;

  void add(const Sample& sample);
  /// As Provider::metrics. Gauges are averaged over a step, counters give its last value.
  std::vector<MetricSample> read(Instant from, Instant to, Duration step);
  /// Writes nothing from now on: the folder is being removed.
  void close();

 private:
  struct Minute {
    std::int64_t number = -1;  ///< minutes since 1970; -1: none begun
    std::array<double, kMetrics> sum_or_last{};
    std::array<std::uint32_t, kMetrics> count{};
  };

  void roll_up(const Sample& sample);
  void write_minute();
  void read_minutes(std::int64_t from, std::int64_t to, std::vector<Sample>& out) const;

  std::string path_;
  std::mutex mutex_;
  std::deque<Sample> raw_;
  Minute minute_;
  bool is_closed_ = false;
};

}  // namespace hub::providers::local
