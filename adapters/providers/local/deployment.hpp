#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/log_reader.hpp"
#include "adapters/providers/local/metric_store.hpp"
#include "adapters/providers/local/run_files.hpp"
#include "adapters/providers/provider.hpp"

namespace hub::providers::local {

/// What stands in the file "instance" of a deployment's folder from when it is ready to run.
struct InstanceRecord {
  std::vector<std::uint16_t> ports;
  std::string limits_by;
  bool is_container = false;
};
bool write_instance(const std::string& folder, const InstanceRecord& record);
std::optional<InstanceRecord> read_instance(const std::string& folder);

/// One deployment of this machine, as the provider holds it while it runs. `work` is taken for a whole start or
/// removal, `mutex` only to read or set what follows it; `work` comes first.
struct LocalDeployment {
  LocalDeployment(std::string the_id, std::string the_folder)
      : id(std::move(the_id)),
        folder(std::move(the_folder)),
        log(folder + "/" + kLogName),
        metrics(folder + "/metrics") {}

  const std::string id;
  const std::string folder;
  LogReader log;
  MetricStore metrics;

  std::mutex work;
  std::mutex mutex;
  std::condition_variable changed;
  InstanceRecord instance;
  Observed observed;
  RunRecord run;                         ///< of the latest run, as far as it was written when it was read
  std::shared_ptr<const Fd> supervisor;  ///< set while a run runs
  bool is_removed = false;
  int watchers = 0;  ///< of metrics
};

}  // namespace hub::providers::local
