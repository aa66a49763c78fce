#include "adapters/providers/local/nvml.hpp"

#include <dlfcn.h>

#include <limits>

namespace hub::providers::local {
namespace {

// The library's binary interface, as far as it is used here.
using Device = void*;
constexpr int kSuccess = 0;
constexpr unsigned kSensorGpu = 0;
constexpr unsigned kNameBytes = 96;
constexpr unsigned kProcessesMax = 1'024;
constexpr unsigned long long kNotAvailable = ~0ULL;

struct Utilization {
  unsigned gpu;
  unsigned memory;
};
struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};

template <class T>
bool look_up(void* library, const char* name, T*& function) {
  function = reinterpret_cast<T*>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

struct Nvml::Functions {
  void* library = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*device)(unsigned, Device*) = nullptr;
  int (*name)(Device, char*, unsigned) = nullptr;
  int (*memory)(Device, Memory*) = nullptr;
  int (*utilization)(Device, Utilization*) = nullptr;
  int (*temperature)(Device, unsigned, unsigned*) = nullptr;
  int (*power)(Device, unsigned*) = nullptr;  ///< milliwatts
  int (*processes)(Device, unsigned*, ProcessInfo*) = nullptr;

  bool look_up_all() {
    return look_up(library, "nvmlInit_v2", init) && look_up(library, "nvmlShutdown", shutdown) &&
           look_up(library, "nvmlDeviceGetCount_v2", count) &&
           look_up(library, "nvmlDeviceGetHandleByIndex_v2", device) && look_up(library, "nvmlDeviceGetName", name) &&
           look_up(library, "nvmlDeviceGetMemoryInfo", memory) &&
           look_up(library, "nvmlDeviceGetUtilizationRates", utilization) &&
           look_up(library, "nvmlDeviceGetTemperature", temperature) &&
           look_up(library, "nvmlDeviceGetPowerUsage", power) &&
           look_up(library, "nvmlDeviceGetComputeRunningProcesses_v3", processes);
  }
};

Nvml::Nvml(std::unique_ptr<Functions> functions) : functions_(std::move(functions)) {}

std::unique_ptr<Nvml> Nvml::load(const std::string& library) {
  auto functions = std::make_unique<Functions>();
  functions->library = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (functions->library == nullptr) return nullptr;
  unsigned count = 0;
  if (!functions->look_up_all() || functions->init() != kSuccess) {
    ::dlclose(functions->library);
    return nullptr;
  }
  const bool has_gpus = functions->count(&count) == kSuccess && count > 0;
  auto nvml = std::unique_ptr<Nvml>(new Nvml(std::move(functions)));
  return has_gpus ? std::move(nvml) : nullptr;
}

Nvml::~Nvml() {
  functions_->shutdown();
  ::dlclose(functions_->library);
}

std::vector<GpuReading> Nvml::read() const {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<GpuReading> readings;
  unsigned count = 0;
  if (functions_->count(&count) != kSuccess) return readings;
  for (unsigned i = 0; i < count; ++i) {
    Device device = nullptr;
    if (functions_->device(i, &device) != kSuccess) continue;
    GpuReading reading;
    char name[kNameBytes] = {};
    if (functions_->name(device, name, sizeof name - 1) == kSuccess) reading.model = name;
    Memory memory{};
    if (functions_->memory(device, &memory) == kSuccess) reading.memory_bytes = static_cast<std::int64_t>(memory.total);
    Utilization utilization{};
    reading.percent = functions_->utilization(device, &utilization) == kSuccess ? utilization.gpu : kUnknown;
    unsigned value = 0;
    reading.temperature_celsius =
        functions_->temperature(device, kSensorGpu, &value) == kSuccess ? static_cast<double>(value) : kUnknown;
    reading.power_watts = functions_->power(device, &value) == kSuccess ? value / 1'000.0 : kUnknown;
    std::vector<ProcessInfo> processes(kProcessesMax);
    unsigned found = kProcessesMax;
    if (functions_->processes(device, &found, processes.data()) != kSuccess) found = 0;
    for (unsigned p = 0; p < found; ++p)
      reading.memory_by_process[static_cast<std::int32_t>(processes[p].pid)] +=
          processes[p].used_memory == kNotAvailable ? 0 : static_cast<std::int64_t>(processes[p].used_memory);
    readings.push_back(std::move(reading));
  }
  return readings;
}

}  // namespace hub::providers::local
