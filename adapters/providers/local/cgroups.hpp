#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"
#include "events/deployments/spec.hpp"

namespace hub::providers::local {

/// What a run's control groups have counted.
struct CgroupUsage {
  std::uint64_t cpu_micros = 0;
  std::uint64_t memory_bytes = 0;  ///< without file cache that can be dropped
};

/// The control groups of this machine: version 2 where it holds the controllers, else version 1 (as on hybrid
/// machines), else none. Each run has a group of its own below "computehub".
class Cgroups {
 public:
  /// Looks at the mounts in `mounts_file` (as /proc/mounts) and tries whether groups can be made; makes none that
  /// stays.
  static Cgroups detect(const std::string& mounts_file);

  /// "cgroup2" | "cgroup1" | "rlimit": memory only, each process by itself.
  std::string_view limits_by() const { return kind_; }
  bool are_there() const { return !controllers_.empty(); }

  /// Makes the groups `name` with these limits and gives their folders, for the command to enter. Empty when there are
  /// no control groups. Fails: unavailable provider.unreachable when a group or limit is refused; none is left then.
  Result<std::vector<std::string>> make(const std::string& name, const deployments::Limits& limits) const;
  /// Removes empty groups; what is gone already counts as done.
  static void remove(const std::vector<std::string>& folders);
  /// Removes the empty groups whose names begin with `prefix`: also one that a server made and died before it was used.
  void remove_all_of(const std::string& prefix) const;
  /// Removes the folder of all groups where nobody uses it any more.
  void remove_parents() const;
  /// Of the folders that make() gave. Nothing when they are gone.
  static std::optional<CgroupUsage> usage(const std::vector<std::string>& folders);

 private:
  struct Controller {
    std::string name;    ///< "memory", "cpu", "pids", "cpuacct"; "" for all of version 2
    std::string folder;  ///< where groups of runs are made, ".../computehub"
  };

  static Cgroups of_version_2(const std::string& mount);
  static std::optional<Controller> of_version_1(const std::string& name, const std::string& mount);
  bool limit(const Controller& controller, const std::string& folder, const deployments::Limits& limits) const;

  std::string_view kind_ = "rlimit";
  std::vector<Controller> controllers_;
};

}  // namespace hub::providers::local
