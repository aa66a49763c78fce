#include "adapters/providers/local/cgroups.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>

#include "adapters/providers/local/files.hpp"

namespace hub::providers::local {
namespace {

constexpr const char* kParent = "computehub";
constexpr std::int64_t kPeriodMicros = 100'000;
/// The kernel takes no smaller quota.
constexpr std::int64_t kQuotaMicrosMin = 1'000;
/// A group is busy for moments after its last process was waited for.
constexpr int kRemoveTries = 200;

/// Mount point by controller, and of version 2 under "2".
std::map<std::string, std::string> mounts_of(const std::string& mounts_file) {
  std::map<std::string, std::string> mounts;
  std::istringstream lines(read_small_file(mounts_file));
  std::string device, folder, type, options, rest;
  while (lines >> device >> folder >> type >> options && std::getline(lines, rest)) {
    if (type == "cgroup2") mounts.emplace("2", folder);
    if (type != "cgroup") continue;
    std::istringstream parts(options);
    for (std::string part; std::getline(parts, part, ',');) mounts.emplace(part, folder);
  }
  return mounts;
}

bool write_file(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.is_open() && write_all(file.get(), text);
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

bool make_group(const std::string& folder) {
  return ::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST;
}

/// True when groups can be made in `parent`, which is made if it is not there, and have the file `needed`.
bool can_make_groups(const std::string& parent, const std::string& needed) {
  if (!make_group(parent)) return false;
  const auto probe = parent + "/probe-" + std::to_string(::getpid());
  if (!make_group(probe)) return false;
  const bool usable = exists(probe + "/" + needed) && ::access((probe + "/cgroup.procs").c_str(), W_OK) == 0;
  ::rmdir(probe.c_str());
  return usable;
}

std::string quota_of(double cpus) {
  return std::to_string(std::max(static_cast<std::int64_t>(cpus * kPeriodMicros), kQuotaMicrosMin));
}

/// The number behind `name` in a file of "name number" lines.
std::uint64_t number_in(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string word;
  std::uint64_t value = 0;
  while (lines >> word >> value)
    if (word == name) return value;
  return 0;
}

std::uint64_t number_of(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10);
}

std::uint64_t less_cache(std::uint64_t usage, std::uint64_t cache) {
  return usage > cache ? usage - cache : 0;
}

}  // namespace

Cgroups Cgroups::detect(const std::string& mounts_file) {
  const auto mounts = mounts_of(mounts_file);
  if (const auto found = mounts.find("2"); found != mounts.end()) {
    auto groups = of_version_2(found->second);
    if (groups.are_there()) return groups;
  }
  Cgroups groups;
  for (const char* name : {"memory", "cpu", "pids", "cpuacct"}) {
    const auto found = mounts.find(name);
    const auto controller = found == mounts.end() ? std::nullopt : of_version_1(name, found->second);
    if (controller)
      groups.controllers_.push_back(*controller);
    else if (std::string_view(name) != "cpuacct")
      return {};  // some limits would hold and others not: plainly without
  }
  groups.kind_ = "cgroup1";
  return groups;
}

Cgroups Cgroups::of_version_2(const std::string& mount) {
  const auto parent = mount + "/" + kParent;
  if (!make_group(parent)) return {};
  // Passing the controllers down works in the root group, where processes do not stand in the way.
  for (const auto& folder : {mount, parent}) write_file(folder + "/cgroup.subtree_control", "+cpu +memory +pids");
  Cgroups groups;
  if (can_make_groups(parent, "memory.max") && can_make_groups(parent, "cpu.max") &&
      can_make_groups(parent, "pids.max")) {
    groups.kind_ = "cgroup2";
    groups.controllers_.push_back({"", parent});
  } else {
    ::rmdir(parent.c_str());
  }
  return groups;
}

std::optional<Cgroups::Controller> Cgroups::of_version_1(const std::string& name, const std::string& mount) {
  static const std::map<std::string, std::string> needed{{"memory", "memory.limit_in_bytes"},
                                                         {"cpu", "cpu.cfs_quota_us"},
                                                         {"pids", "pids.max"},
                                                         {"cpuacct", "cpuacct.usage"}};
  const auto parent = mount + "/" + kParent;
  if (!can_make_groups(parent, needed.at(name))) return std::nullopt;
  return Controller{name, parent};
}

Result<std::vector<std::string>> Cgroups::make(const std::string& name, const deployments::Limits& limits) const {
  std::vector<std::string> folders;
  for (const auto& controller : controllers_) {
    const auto folder = controller.folder + "/" + name;
    // One of two controllers that are mounted together was seen already.
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
      // The parent goes when a provider of another folder leaves it empty; one more try makes it again.
      if (!make_group(folder) && !(make_group(controller.folder) && make_group(folder))) {
        const auto why = std::string("a control group cannot be made: ") + std::strerror(errno);
        remove(folders);
        return unavailable("provider.unreachable", why);
      }
      folders.push_back(folder);
    }
    if (!limit(controller, folder, limits)) {
      const auto why = std::string("a limit cannot be set: ") + std::strerror(errno);
      remove(folders);
      return unavailable("provider.unreachable", why);
    }
  }
  return folders;
}

bool Cgroups::limit(const Controller& controller, const std::string& folder, const deployments::Limits& limits) const {
  const auto set = [&](const char* file, const std::string& value) { return write_file(folder + "/" + file, value); };
  const bool is_2 = controller.name.empty();
  if (limits.memory_bytes && (is_2 || controller.name == "memory")) {
    const auto bytes = std::to_string(*limits.memory_bytes);
    if (!set(is_2 ? "memory.max" : "memory.limit_in_bytes", bytes)) return false;
    // Swap would only put off what the limit says. Kernels without swap accounting have no such file.
    set(is_2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes", is_2 ? "0" : bytes);
  }
  if (limits.cpus && is_2 && !set("cpu.max", quota_of(*limits.cpus) + " " + std::to_string(kPeriodMicros)))
    return false;
  if (limits.cpus && controller.name == "cpu" &&
      (!set("cpu.cfs_period_us", std::to_string(kPeriodMicros)) || !set("cpu.cfs_quota_us", quota_of(*limits.cpus))))
    return false;
  if (limits.processes && (is_2 || controller.name == "pids") && !set("pids.max", std::to_string(*limits.processes)))
    return false;
  return true;
}

void Cgroups::remove(const std::vector<std::string>& folders) {
  for (const auto& folder : folders)
    for (int tries = 0; ::rmdir(folder.c_str()) != 0 && errno == EBUSY && tries < kRemoveTries; ++tries)
      ::poll(nullptr, 0, 1);
}

void Cgroups::remove_all_of(const std::string& prefix) const {
  std::vector<std::string> folders;
  for (const auto& controller : controllers_)
    for (const auto& name : names_in(controller.folder))
      if (name.rfind(prefix, 0) == 0) folders.push_back(controller.folder + "/" + name);
  remove(folders);
}

void Cgroups::remove_parents() const {
  for (const auto& controller : controllers_) ::rmdir(controller.folder.c_str());
}

std::optional<CgroupUsage> Cgroups::usage(const std::vector<std::string>& folders) {
  CgroupUsage usage;
  bool has_cpu = false, has_memory = false;
  for (const auto& folder : folders) {
    if (const auto text = read_small_file(folder + "/memory.current"); !text.empty()) {
      const auto cache = number_in(read_small_file(folder + "/memory.stat"), "inactive_file");
      usage.memory_bytes = less_cache(number_of(text), cache);
      usage.cpu_micros = number_in(read_small_file(folder + "/cpu.stat"), "usage_usec");
      has_cpu = has_memory = true;
    }
    if (const auto text = read_small_file(folder + "/memory.usage_in_bytes"); !text.empty()) {
      const auto cache = number_in(read_small_file(folder + "/memory.stat"), "total_inactive_file");
      usage.memory_bytes = less_cache(number_of(text), cache);
      has_memory = true;
    }
    if (const auto text = read_small_file(folder + "/cpuacct.usage"); !text.empty()) {
      usage.cpu_micros = number_of(text) / 1'000;
      has_cpu = true;
    }
  }
  if (!has_cpu || !has_memory) return std::nullopt;
  return usage;
}

}  // namespace hub::providers::local
