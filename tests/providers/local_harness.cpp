#include "tests/providers/local_harness.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>

#include "adapters/providers/local/processes.hpp"
#include "adapters/providers/local/workspace.hpp"

namespace hub::providers::local {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = "/tmp/computehub-test-XXXXXX";
  path_ = ::mkdtemp(pattern.data());
}
TemporaryFolder::~TemporaryFolder() {
  remove_tree(path_);
}

LocalHarness::LocalHarness() {
  options.folder = folder.path() + "/local";
  options.supervisor = HUB_SUPERVISOR;
  start_server();
}

LocalHarness::~LocalHarness() {
  if (!provider_) start_server();
  const auto all = provider_->list();
  for (const auto& observed : all.value()) EXPECT_TRUE(provider_->remove(observed.id).has_value());
}

void LocalHarness::stop_server() {
  provider_.reset();
}

void LocalHarness::start_server() {
  provider_.reset();
  observer_ = std::make_unique<RecordingObserver>();
  provider_ = std::make_unique<LocalProvider>(options, *observer_);
}

void LocalHarness::restart_server() {
  start_server();
}

bool LocalHarness::is_emptied() const {
  return eventually([this] { return names_in(options.folder).empty(); });
}

CreateOrder LocalHarness::shell(const std::string& id, const std::string& script) {
  CreateOrder order;
  order.order_id = id;
  order.spec.name = "test";
  order.spec.provider = "local";
  order.spec.command = {"/bin/sh", "-c", script};
  return order;
}

CreateOrder LocalHarness::order_that_prints(const std::string& id, const std::vector<std::string>& lines) {
  std::string script = ":";
  for (const auto& line : lines) script += "; echo '" + line + "'";
  return shell(id, script);
}
CreateOrder LocalHarness::order_that_waits(const std::string& id) {
  auto order = shell(id, "");
  order.spec.command = {"sleep", "3600"};
  return order;
}
CreateOrder LocalHarness::order_that_exits(const std::string& id, int code) {
  return shell(id, "exit " + std::to_string(code));
}

CreateOrder LocalHarness::run(CreateOrder order) {
  const auto created = provider().create(order);
  EXPECT_TRUE(created.has_value()) << created.error().detail;
  const auto started = provider().start(order, 1);
  EXPECT_TRUE(started.has_value()) << started.error().detail;
  return order;
}

std::unique_ptr<ProviderHarness> make_local_harness() {
  return std::make_unique<LocalHarness>();
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

std::vector<int> processes_of(const std::string& deployment_id) {
  std::vector<int> pids;
  const auto wanted = std::string(kMarkerVariable) + "=" + deployment_id;
  for (const auto& process : all_processes()) {
    const auto environment = read_small_file("/proc/" + std::to_string(process.pid) + "/environ");
    if (process.state != 'Z' && environment.find(wanted) != std::string::npos) pids.push_back(process.pid);
  }
  return pids;
}

}  // namespace hub::providers::local
