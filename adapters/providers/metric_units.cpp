#include "adapters/providers/provider.hpp"

namespace hub::providers {

const std::vector<MetricUnit>& metric_units() {
  static const std::vector<MetricUnit> units{
      {"cpu_percent", "percent"},    {"memory_bytes", "bytes"},     {"network_rx_bytes", "bytes"},
      {"network_tx_bytes", "bytes"}, {"disk_read_bytes", "bytes"},  {"disk_write_bytes", "bytes"},
      {"gpu_percent", "percent"},    {"gpu_memory_bytes", "bytes"}, {"gpu_temperature_celsius", "celsius"},
      {"gpu_power_watts", "watts"},
  };
  return units;
}

}  // namespace hub::providers
