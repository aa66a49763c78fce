#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/providers/local/metric_store.hpp"
#include "adapters/providers/local/nvml.hpp"
#include "adapters/providers/local/processes.hpp"

namespace hub::providers::local {

/// A run to measure.
struct SampleTarget {
  std::string id;
  RunRecord run;
};

/// Measures runs from /proc, control groups and NVML. One pass over what runs, for all targets together.
class Sampler {
 public:
  /// `nvml` may be null: then the values of a GPU are unknown.
  explicit Sampler(const Nvml* nvml) : nvml_(nvml) {}

  /// One sample a target, in their order. The first of a run has no cpu_percent: that needs two.
  std::vector<Sample> sample(const std::vector<SampleTarget>& targets);
  /// When a deployment is removed.
  void forget(const std::string& id);

 private:
  struct Before {
    std::int32_t run = 0;
    std::int64_t steady_micros = 0;
    double cpu_micros = 0;
    double disk_read = 0;
    double disk_write = 0;
  };
  /// The machine's processes, read at most once a pass and only when a target has no control groups.
  struct Pass {
    std::vector<ProcessStat> processes;
    std::vector<GpuReading> gpus;
    std::string own_network;
    bool has_processes = false;
  };

  Sample sample_one(const SampleTarget& target, Pass& pass);
  static std::set<std::int32_t> members_of(const SampleTarget& target, Pass& pass);
  static void add_disk(const std::set<std::int32_t>& members, Before& before, Sample& sample);
  static void add_network(const SampleTarget& target, const Pass& pass, Sample& sample);
  static void add_gpu(const std::set<std::int32_t>& members, const Pass& pass, Sample& sample);

  const Nvml* nvml_;
  std::map<std::string, Before> before_;
};

}  // namespace hub::providers::local
