#include "adapters/providers/local/processes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <string_view>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/run_files.hpp"

namespace hub::providers::local {
namespace {

/// Rounds in which what is left is searched again, for what was forked while it was killed.
constexpr int kOrphanRoundsMax = 16;
/// A killed process that is still there after this hangs in the kernel; it ends when it comes out.
constexpr int kKillWaitMs = 2'000;

bool carries_marker(std::int32_t pid, const std::string& deployment_id) {
  auto environment = read_small_file("/proc/" + std::to_string(pid) + "/environ");
  environment.insert(environment.begin(), '\0');
  std::string wanted(1, '\0');
  wanted.append(kMarkerVariable).append("=").append(deployment_id);
  wanted.push_back('\0');
  return environment.find(wanted) != std::string::npos;
}

/// Signals the process that `seen` was read of. Its handle, closed when it is gone already.
Fd signal_exactly(const ProcessStat& seen, int signal) {
  Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, seen.pid, 0)));
  if (!handle.is_open()) return {};
  // The handle pins one process; only now can its start time be compared for good.
  const auto now = process_stat(seen.pid);
  if (!now || now->start_ticks != seen.start_ticks) return {};
  return ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0 ? std::move(handle) : Fd();
}

/// Ends a process and waits for its end. False when it is gone already.
bool kill_exactly(const ProcessStat& seen) {
  const auto handle = signal_exactly(seen, SIGKILL);
  if (!handle.is_open()) return false;
  pollfd ended{handle.get(), POLLIN, 0};
  ::poll(&ended, 1, kKillWaitMs);
  return true;
}

/// No older than a second: what was forked when it was signalled may have handled that as its maker does.
bool is_young(const ProcessStat& process) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return static_cast<std::uint64_t>(now.tv_sec) * second < process.start_ticks + second;
}

/// Of /proc/PID/status: "SigIgn:\t<16 hexadecimal digits>", the lowest bit is that of signal 1.
bool ignores_hang_up(std::int32_t pid) {
  constexpr std::string_view kField = "\nSigIgn:\t";
  constexpr std::size_t kDigits = 16;
  const auto status = read_small_file("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find(kField);
  if (at == std::string::npos || status.size() < at + kField.size() + kDigits) return false;
  const auto last = status[at + kField.size() + kDigits - 1];
  return last != '\0' && std::string_view("13579bdf").find(last) != std::string_view::npos;
}

}  // namespace

std::optional<ProcessStat> process_stat(std::int32_t pid) {
  const auto text = read_small_file("/proc/" + std::to_string(pid) + "/stat");
  // The name stands in parentheses and may hold spaces and parentheses itself.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  ProcessStat stat;
  stat.pid = pid;
  unsigned long long user = 0, system = 0, start = 0;
  long long children_user = 0, children_system = 0, resident = 0;
  const int read = std::sscanf(
      text.c_str() + name_end + 1,
      " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld %*d %*d %*d %*d %llu %*u %lld", &stat.state,
      &stat.parent, &stat.session, &user, &system, &children_user, &children_system, &start, &resident);
  if (read != 9) return std::nullopt;
  stat.cpu_ticks = user + system + static_cast<std::uint64_t>(children_user + children_system);
  stat.start_ticks = start;
  stat.resident_pages = resident;
  return stat;
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> processes;
  for (const auto& name : names_in("/proc")) {
    if (name.front() < '0' || name.front() > '9') continue;
    if (const auto stat = process_stat(std::atoi(name.c_str()))) processes.push_back(*stat);
  }
  return processes;
}

std::vector<std::int32_t> living_descendants(std::int32_t ancestor) {
  std::multimap<std::int32_t, ProcessStat> children;
  for (const auto& process : all_processes()) children.emplace(process.parent, process);
  std::vector<std::int32_t> found, living;
  found.push_back(ancestor);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [first, last] = children.equal_range(found[i]);
    for (auto it = first; it != last; ++it) {
      found.push_back(it->second.pid);
      if (it->second.state != 'Z') living.push_back(it->second.pid);
    }
  }
  return living;
}

std::vector<std::int32_t> processes_in_cgroup(const std::string& folder) {
  std::vector<std::int32_t> pids;
  const auto text = read_small_file(folder + "/cgroup.procs");
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = std::min(text.find('\n', start), text.size());
    pids.push_back(std::atoi(text.substr(start, end - start).c_str()));
    start = end + 1;
  }
  return pids;
}

void forbid_forks(const std::string& cgroup_folder) {
  const Fd file(::open((cgroup_folder + "/pids.max").c_str(), O_WRONLY | O_CLOEXEC));
  // Without this file the group counts something else, or is gone.
  if (file.is_open()) write_all(file.get(), "0");
}

std::vector<std::int32_t> hang_up_session(std::int32_t session, const std::vector<std::int32_t>& but) {
  std::vector<std::int32_t> told;
  for (const auto& process : all_processes()) {
    if (process.session != session || process.state == 'Z' || ignores_hang_up(process.pid)) continue;
    told.push_back(process.pid);
    const bool has_heard = std::find(but.begin(), but.end(), process.pid) != but.end();
    if (has_heard && !is_young(process)) continue;
    signal_exactly(process, SIGHUP);
    signal_exactly(process, SIGCONT);
  }
  return told;
}

int end_orphans(const RunRecord& run, const std::string& deployment_id) {
  // Without a process id on record the command waited for leave to execute, and ended with its supervisor.
  if (run.pid <= 1) return 0;
  for (const auto& folder : run.cgroup_folders) forbid_forks(folder);
  int ended = 0;
  for (int round = 0; round < kOrphanRoundsMax; ++round) {
    int found = 0;
    std::set<std::int32_t> members;
    for (const auto& folder : run.cgroup_folders)
      for (const auto pid : processes_in_cgroup(folder)) members.insert(pid);
    for (const auto& process : all_processes()) {
      if (process.state == 'Z') continue;
      const bool is_leader = process.pid == run.pid && process.start_ticks == run.start_ticks;
      const bool is_child = process.start_ticks >= run.start_ticks && carries_marker(process.pid, deployment_id);
      if ((is_leader || is_child || members.count(process.pid) > 0) && kill_exactly(process)) ++found;
    }
    if (found == 0) break;
    ended += found;
  }
  return ended;
}

}  // namespace hub::providers::local
