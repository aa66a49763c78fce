#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hub::providers::local {

/// One GPU now. Values are NaN when the device does not tell.
struct GpuReading {
  std::string model;
  std::int64_t memory_bytes = 0;  ///< in all
  double percent = 0;
  double temperature_celsius = 0;
  double power_watts = 0;
  std::map<std::int32_t, std::int64_t> memory_by_process;  ///< bytes by process id
};

/// NVIDIA's management library, loaded when the program runs: it comes with the driver and is nowhere else.
class Nvml {
 public:
  /// Nothing when `library` cannot be loaded or finds no GPU.
  static std::unique_ptr<Nvml> load(const std::string& library);
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  std::vector<GpuReading> read() const;

 private:
  struct Functions;
  explicit Nvml(std::unique_ptr<Functions> functions);
  std::unique_ptr<Functions> functions_;
};

}  // namespace hub::providers::local
