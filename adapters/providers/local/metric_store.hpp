#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
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
Sample from_metric_sample(const MetricSample& sample);

inline constexpr Duration kRawKept = seconds(3'600);
inline constexpr std::int64_t kRollUpMinutes = 30 * 24 * 60;
inline constexpr std::size_t kSamplesMax = 10'000;

/// So many samples as taken are kept on disk: an hour of them at one a second and a little more.
inline constexpr std::uint64_t kRawSlots = 4'200;
inline constexpr std::string_view kRawSuffix = "-raw";  ///< of the file's name

/// The samples of one deployment: the last hour as taken, and 30 days of minutes. Each is a ring on disk (96 bytes a
/// sample: at most 0.4 MiB and 4 MiB); the hour is in memory too. Not fsynced. May be used by several threads.
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

  void load();
  void write_raw(const Sample& sample);
  void roll_up(const Sample& sample);
  void write_minute();
  void read_minutes(std::int64_t from, std::int64_t to, std::vector<Sample>& out) const;

  std::string path_;
  std::mutex mutex_;
  std::deque<Sample> raw_;
  bool is_loaded_ = false;
  bool was_added_to_ = false;   ///< who only reads writes nothing
  std::uint64_t raw_next_ = 0;  ///< place of the next sample
  Minute minute_;
  bool is_closed_ = false;
};

}  // namespace hub::providers::local
