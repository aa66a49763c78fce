#pragma once
#include <memory>
#include <string>

#include "adapters/providers/local/local_provider.hpp"
#include "tests/providers/harness.hpp"

namespace hub::providers::local {

/// A folder below the system's temporary one, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The real provider with real processes in a folder of its own.
class LocalHarness : public ProviderHarness {
 public:
  LocalHarness();
  ~LocalHarness() override;

  LocalProvider& provider() override { return *provider_; }
  RecordingObserver& observer() override { return *observer_; }
  void restart_server() override;
  /// Nobody listens until start_server().
  void stop_server();
  void start_server();

  CreateOrder order_that_prints(const std::string& id, const std::vector<std::string>& lines) override;
  CreateOrder order_that_waits(const std::string& id) override;
  CreateOrder order_that_exits(const std::string& id, int code) override;
  CreateOrder shell(const std::string& id, const std::string& script);
  /// Makes and starts it as run 1; checks both.
  CreateOrder run(CreateOrder order);
  std::string folder_of(const std::string& id) const { return options.folder + "/" + id; }
  /// That nothing is left of any deployment. The probe for podman, which runs beside the first orders, has a folder
  /// among theirs until it ends.
  bool is_emptied() const;

  TemporaryFolder folder;
  LocalOptions options;

 private:
  std::unique_ptr<RecordingObserver> observer_;
  std::unique_ptr<LocalProvider> provider_;
};

std::unique_ptr<ProviderHarness> make_local_harness();

/// Waits until `holds`, looking again every few milliseconds; for what the kernel tells nobody. False after the
/// deadline.
bool eventually(const std::function<bool()>& holds);
/// Ids of processes whose environment names this deployment.
std::vector<int> processes_of(const std::string& deployment_id);

}  // namespace hub::providers::local
