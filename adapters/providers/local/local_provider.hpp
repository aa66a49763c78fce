#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/providers/local/cgroups.hpp"
#include "adapters/providers/local/deployment.hpp"
#include "adapters/providers/local/kept_output.hpp"
#include "adapters/providers/local/metrics_thread.hpp"
#include "adapters/providers/local/podman.hpp"
#include "adapters/providers/local/shell.hpp"
#include "adapters/providers/local/watcher.hpp"
#include "adapters/providers/provider.hpp"

namespace hub::providers::local {

/// All segments of one deployment together.
inline constexpr std::uint64_t kLogBytesMax = 64ULL << 20;

struct LocalOptions {
  std::string folder;      ///< DIR/local; made when it is not there
  std::string supervisor;  ///< empty: "computehub-supervisor" beside the running executable
  std::uint64_t log_bytes_max = kLogBytesMax;
  std::string boot_id_file = "/proc/sys/kernel/random/boot_id";
  std::string mounts_file = "/proc/mounts";  ///< where control groups are looked up
  std::string nvml_library = "libnvidia-ml.so.1";
  std::string podman = "podman";  ///< path, or name to be searched in PATH
  SampleIntervals intervals;
};

/// Runs deployments as processes of this machine. Each run has a supervisor process of its own that outlives the
/// server; this object only talks to them, so it may end and be made anew at any time. One object a folder.
class LocalProvider final : public Provider {
 public:
  /// Adopts what `options.folder` holds; the ends of runs are repeated to `observer`, which must be ready.
  LocalProvider(LocalOptions options, Observer& observer);
  /// Leaves everything running.
  ~LocalProvider() override;

  std::string_view name() const override { return "local"; }
  Capabilities capabilities() const override;
  Result<std::vector<Offer>> offers() override;
  /// Also fails: unavailable provider.unreachable when the folder cannot be written.
  Result<Instance> create(const CreateOrder& order) override;
  Result<std::vector<Observed>> list() override;
  Result<Observed> get(const std::string& deployment_id) override;
  /// Also fails: invalid provider.invalid while an earlier run goes on.
  Result<Observed> start(const CreateOrder& order, std::int32_t run) override;
  Result<void> stop(const std::string& deployment_id, std::int32_t run, Duration grace) override;
  Result<void> remove(const std::string& deployment_id) override;
  Result<LogPage> logs(const std::string& deployment_id, const LogQuery& query) override;
  Result<std::vector<MetricSample>> metrics(const std::string& deployment_id, Instant from, Instant to,
                                            Duration step) override;
  void watch_metrics(const std::string& deployment_id, bool watched) override;
  Result<deployments::Connection> connection(const std::string& deployment_id) override;

  /// A shell among the processes of the run. Blocks. Fails: as local::open_shell; not_found provider.not_found.
  Result<Shell> open_shell(const std::string& deployment_id, TerminalSize size);

  /// Where copies of what other machines have are kept; logs() and metrics() answer from them, too.
  KeptOutput& copies() { return kept_; }
  /// "2 x NVIDIA H200", or "no GPU here".
  std::string gpu_note() const;

 private:
  using DeploymentPtr = std::shared_ptr<LocalDeployment>;

  std::string folder_of(const std::string& id) const { return options_.folder + "/" + id; }
  DeploymentPtr find(const std::string& id);
  void adopt_all();
  std::vector<MetricsThread::Due> running();
  void take_sample(const std::string& id, const Sample& sample);
  void refresh(const DeploymentPtr& deployment);
  void follow(const DeploymentPtr& deployment, std::shared_ptr<const Fd> supervisor);
  void settle(const DeploymentPtr& deployment, const std::shared_ptr<const Fd>& supervisor);
  void repeat_exit(const DeploymentPtr& deployment);
  Result<void> check(const CreateOrder& order) const;
  static Result<void> check_texts(const CreateOrder& order);
  Result<void> check_image(const CreateOrder& order) const;
  Result<void> check_gpu(const std::optional<deployments::Gpu>& wanted) const;
  std::string limits_by(const deployments::Spec& spec) const;
  Result<Job> make_job(const CreateOrder& order, const LocalDeployment& deployment, std::int32_t run) const;
  Result<void> end_run(const DeploymentPtr& deployment);
  Instance to_instance(const LocalDeployment& deployment) const;

  LocalOptions options_;
  Observer& observer_;
  std::string boot_id_;
  /// Of deployments that ran on another machine or folder, whose output was restored here.
  KeptOutput kept_;
  Cgroups cgroups_;
  std::unique_ptr<const Nvml> nvml_;  ///< null: no GPU here
  std::uint64_t open_files_of_commands_ = 0;
  std::mutex mutex_;
  std::map<std::string, DeploymentPtr> deployments_;
  std::unique_ptr<Podman> podman_;
  // Last: their threads use the rest.
  MetricsThread metrics_;
  Watcher watcher_;
};

}  // namespace hub::providers::local
