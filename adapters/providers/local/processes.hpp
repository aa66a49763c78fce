#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/providers/local/run_files.hpp"

namespace hub::providers::local {

/// What /proc/PID/stat says.
struct ProcessStat {
  std::int32_t pid = 0;
  char state = '?';  ///< 'Z': ended, not yet waited for
  std::int32_t parent = 0;
  std::int32_t session = 0;
  std::uint64_t cpu_ticks = 0;  ///< of itself and of ended children it waited for
  std::uint64_t start_ticks = 0;
  std::int64_t resident_pages = 0;
};

/// Nothing when there is no such process.
std::optional<ProcessStat> process_stat(std::int32_t pid);
/// Every process of the machine, in one pass.
std::vector<ProcessStat> all_processes();

/// The children of `ancestor`, their children and so on, less those that have ended.
std::vector<std::int32_t> living_descendants(std::int32_t ancestor);

/// The processes of a control group; empty when there is none.
std::vector<std::int32_t> processes_in_cgroup(const std::string& folder);
/// Lets the processes of a control group make no more of themselves, where the group counts processes.
void forbid_forks(const std::string& cgroup_folder);

/// SIGHUP for every process of a session that does not ignore it, as what nohup runs does, but for those that heard of
/// it before and are older than a second. Returns all that do not ignore it.
std::vector<std::int32_t> hang_up_session(std::int32_t session, const std::vector<std::int32_t>& but = {});

/// Ends with SIGKILL what a run left behind whose supervisor is gone: what is in its control groups, the command itself
/// (known by its start time), and what is no older and carries the deployment's marker. Never a process that merely has
/// an old number. Returns how many were ended.
int end_orphans(const RunRecord& run, const std::string& deployment_id);

}  // namespace hub::providers::local
