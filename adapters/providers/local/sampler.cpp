#include "adapters/providers/local/sampler.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "adapters/providers/local/cgroups.hpp"
#include "adapters/providers/local/files.hpp"

namespace hub::providers::local {
namespace {

std::int64_t steady_micros() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1'000;
}

std::string network_of(const std::string& process) {
  char name[64] = {};
  const auto size = ::readlink(("/proc/" + process + "/ns/net").c_str(), name, sizeof name);
  return size > 0 ? std::string(name, static_cast<std::size_t>(size)) : std::string();
}

/// The number behind "name:" in a file of such lines; 0 when it is not there.
double number_behind(const std::string& text, const std::string& name) {
  const auto found = text.find(name + ":");
  return found == std::string::npos ? 0 : std::strtod(text.c_str() + found + name.size() + 1, nullptr);
}

double ticks_to_micros(std::uint64_t ticks) {
  static const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return static_cast<double>(ticks) / per_second * 1e6;
}

}  // namespace

std::vector<Sample> Sampler::sample(const std::vector<SampleTarget>& targets) {
  Pass pass;
  if (nvml_ != nullptr) pass.gpus = nvml_->read();
  pass.own_network = network_of("self");
  std::vector<Sample> samples;
  samples.reserve(targets.size());
  for (const auto& target : targets) samples.push_back(sample_one(target, pass));
  return samples;
}

void Sampler::forget(const std::string& id) {
  before_.erase(id);
}

Sample Sampler::sample_one(const SampleTarget& target, Pass& pass) {
  auto sample = unknown_sample(wall_now());
  auto& before = before_[target.id];
  const bool is_first = before.run != target.run.run;
  if (is_first) before = {};
  const auto members = members_of(target, pass);
  const auto usage = Cgroups::usage(target.run.cgroup_folders);
  double cpu_micros = 0;
  if (usage) {
    cpu_micros = static_cast<double>(usage->cpu_micros);
    sample.values[kMemoryBytes] = static_cast<double>(usage->memory_bytes);
  } else {
    std::int64_t pages = 0;
    for (const auto pid : members) {
      const auto stat = process_stat(pid);
      if (!stat) continue;
      cpu_micros += ticks_to_micros(stat->cpu_ticks);
      pages += stat->resident_pages;
    }
    sample.values[kMemoryBytes] = static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
  const auto now = steady_micros();
  // What ended unwaited for is no longer counted without a control group: never less than before.
  cpu_micros = std::max(cpu_micros, before.cpu_micros);
  if (!is_first && now > before.steady_micros)
    sample.values[kCpuPercent] =
        (cpu_micros - before.cpu_micros) / static_cast<double>(now - before.steady_micros) * 100;
  before.run = target.run.run;
  before.steady_micros = now;
  before.cpu_micros = cpu_micros;
  add_disk(members, before, sample);
  add_network(target, pass, sample);
  add_gpu(members, pass, sample);
  return sample;
}

std::set<std::int32_t> Sampler::members_of(const SampleTarget& target, Pass& pass) {
  std::set<std::int32_t> members;
  for (const auto& folder : target.run.cgroup_folders)
    for (const auto pid : processes_in_cgroup(folder)) members.insert(pid);
  if (!target.run.cgroup_folders.empty()) return members;
  if (!pass.has_processes) {
    pass.processes = all_processes();
    // Parents come before their children when sorted by start, so one pass finds a whole tree.
    std::sort(pass.processes.begin(), pass.processes.end(),
              [](const auto& a, const auto& b) { return a.start_ticks < b.start_ticks; });
    pass.has_processes = true;
  }
  // What left the command's tree was given to its supervisor.
  const auto leader = process_stat(target.run.pid);
  const auto supervisor = leader && leader->parent > 1 ? leader->parent : target.run.pid;
  for (const auto& process : pass.processes)
    if (process.session == target.run.pid || process.parent == supervisor || members.count(process.parent) > 0)
      members.insert(process.pid);
  return members;
}

void Sampler::add_disk(const std::set<std::int32_t>& members, Before& before, Sample& sample) {
  double read = 0, written = 0;
  for (const auto pid : members) {
    const auto text = read_small_file("/proc/" + std::to_string(pid) + "/io");
    read += number_behind(text, "\nread_bytes");
    written += number_behind(text, "\nwrite_bytes");
  }
  // The kernel adds an ended process to the one that waits for it; what nobody in the run waits for would be taken
  // back.
  before.disk_read = sample.values[kDiskReadBytes] = std::max(before.disk_read, read);
  before.disk_write = sample.values[kDiskWriteBytes] = std::max(before.disk_write, written);
}

void Sampler::add_network(const SampleTarget& target, const Pass& pass, Sample& sample) {
  const auto process = std::to_string(target.run.pid);
  const auto network = network_of(process);
  // In the machine's own network the kernel does not count by process: unknown, and said so.
  if (network.empty() || network == pass.own_network) return;
  std::istringstream lines(read_small_file("/proc/" + process + "/net/dev"));
  double received = 0, sent = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || line.find("lo:") != std::string::npos) continue;
    std::istringstream numbers(line.substr(colon + 1));
    double values[9] = {};
    for (auto& value : values) numbers >> value;
    received += values[0];
    sent += values[8];
  }
  sample.values[kNetworkRxBytes] = received;
  sample.values[kNetworkTxBytes] = sent;
}

void Sampler::add_gpu(const std::set<std::int32_t>& members, const Pass& pass, Sample& sample) {
  int used = 0;
  double percent = 0, memory = 0, temperature = NAN, power = 0;
  for (const auto& gpu : pass.gpus) {
    bool is_used = false;
    for (const auto& [pid, bytes] : gpu.memory_by_process) {
      if (members.count(pid) == 0) continue;
      is_used = true;
      memory += static_cast<double>(bytes);
    }
    if (!is_used) continue;
    ++used;
    percent += gpu.percent;
    temperature = std::fmax(temperature, gpu.temperature_celsius);
    power += gpu.power_watts;
  }
  if (pass.gpus.empty()) return;
  sample.values[kGpuMemoryBytes] = memory;
  sample.values[kGpuPercent] = used > 0 ? percent / used : 0;
  // Of a card that the run does not use nothing is told.
  if (used == 0) return;
  sample.values[kGpuTemperature] = temperature;
  sample.values[kGpuPower] = power;
}

}  // namespace hub::providers::local
