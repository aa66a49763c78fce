// As much of NVIDIA's management library as the provider asks for: two cards, of which the first is used by the process
// whose number stands in the file FAKE_NVML_PID_FILE.
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Memory {
  unsigned long long total, free, used;
};
struct Utilization {
  unsigned gpu, memory;
};
struct Process {
  unsigned pid;
  unsigned long long used;
  unsigned gpu_instance, compute_instance;
};
char cards[2];

}  // namespace

extern "C" {
int nvmlInit_v2() {
  return 0;
}
int nvmlShutdown() {
  return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &cards[index];
  return 0;
}
int nvmlDeviceGetName(void*, char* name, unsigned size) {
  std::snprintf(name, size, "Pretend 9000");
  return 0;
}
int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
  *memory = {24ULL << 30, 20ULL << 30, 4ULL << 30};
  return 0;
}
int nvmlDeviceGetUtilizationRates(void*, Utilization* utilization) {
  *utilization = {80, 10};
  return 0;
}
int nvmlDeviceGetTemperature(void*, unsigned, unsigned* celsius) {
  *celsius = 66;
  return 0;
}
int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) {
  *milliwatts = 250'500;
  return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void* device, unsigned* count, Process* processes) {
  *count = 0;
  const char* path = std::getenv("FAKE_NVML_PID_FILE");
  std::FILE* file = path != nullptr && device == &cards[0] ? std::fopen(path, "r") : nullptr;
  if (file == nullptr) return 0;
  unsigned pid = 0;
  if (std::fscanf(file, "%u", &pid) == 1) {
    processes[0] = {pid, 3'000'000'000ULL, 0, 0};
    *count = 1;
  }
  std::fclose(file);
  return 0;
}
}
