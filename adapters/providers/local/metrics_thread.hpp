#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "adapters/providers/local/sampler.hpp"

namespace hub::providers::local {

struct SampleIntervals {
  Duration usual = seconds(5);
  Duration watched = seconds(1);
};

/// One thread that samples everything that runs.
class MetricsThread {
 public:
  struct Due {
    SampleTarget target;
    bool is_watched = false;
  };
  using Running = std::function<std::vector<Due>()>;
  using Sink = std::function<void(const std::string& id, const Sample& sample)>;

  /// `running` names what runs now; `sink` takes each sample. Both are called on the thread.
  MetricsThread(SampleIntervals intervals, const Nvml* nvml, Running running, Sink sink);
  ~MetricsThread();
  MetricsThread(const MetricsThread&) = delete;
  MetricsThread& operator=(const MetricsThread&) = delete;

  /// Something started, or somebody begins or ceases to watch.
  void wake();

 private:
  void run();
  /// Samples what is due; gives when the next is.
  std::int64_t pass(std::int64_t now);

  SampleIntervals intervals_;
  Sampler sampler_;
  Running running_;
  Sink sink_;
  std::map<std::string, std::int64_t> last_;  ///< µs of the monotonic clock at the latest sample
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_woken_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::providers::local
