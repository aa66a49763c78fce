#include "adapters/providers/local/local_provider.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "adapters/providers/local/adoption.hpp"
#include "adapters/providers/local/supervisor_link.hpp"
#include "adapters/providers/local/workspace.hpp"
#include "events/core/ids.hpp"

namespace hub::providers::local {
namespace {

constexpr const char* kSupervisorName = "computehub-supervisor";
/// What is being removed carries this name, so that a server that ends meanwhile does not adopt half of it.
constexpr std::string_view kGoneSuffix = ".gone";
/// Longer than the supervisor takes to end what resists.
constexpr std::chrono::seconds kRemoveWait{20};

Failure unknown_deployment() {
  return not_found("provider.not_found", "the provider holds no such deployment");
}

Failure cannot(std::string_view what) {
  return unavailable("provider.unreachable", std::string(what) + ": " + std::strerror(errno));
}

bool make_folder(const std::string& path) {
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

bool make_folders(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (!make_folder(path.substr(0, slash))) return false;
  return make_folder(path);
}

std::string beside_executable(const char* name) {
  char path[4'096];
  const auto size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string executable(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  return executable.substr(0, executable.rfind('/') + 1) + name;
}

std::string absolute(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  const std::string result = resolved != nullptr ? resolved : path;
  std::free(resolved);
  return result;
}

/// Each run costs this process a descriptor, and the usual limit is that of programs which select(). Gives the limit
/// that was in force, which is the commands' own.
std::uint64_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return before;
}

std::string read_boot_id(const std::string& file) {
  auto id = read_small_file(file);
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

}  // namespace

LocalProvider::LocalProvider(LocalOptions options, Observer& observer)
    : options_(std::move(options)),
      observer_(observer),
      boot_id_(read_boot_id(options_.boot_id_file)),
      kept_(options_.folder),
      cgroups_(Cgroups::detect(options_.mounts_file)),
      nvml_(Nvml::load(options_.nvml_library)),
      metrics_(
          options_.intervals, nvml_.get(), [this] { return running(); },
          [this](const std::string& id, const Sample& sample) { take_sample(id, sample); }) {
  open_files_of_commands_ = raise_open_files();
  make_folders(options_.folder);  // what fails here is reported by the first create
  options_.folder = absolute(options_.folder);
  if (options_.supervisor.empty()) options_.supervisor = beside_executable(kSupervisorName);
  const auto probe_folder = options_.folder + "/podman-probe" + std::string(kGoneSuffix);
  adopt_all();
  podman_ = std::make_unique<Podman>(options_.podman, options_.supervisor, probe_folder);
}

LocalProvider::~LocalProvider() {
  cgroups_.remove_parents();
}

void LocalProvider::adopt_all() {
  for (const auto& name : names_in(options_.folder)) {
    const auto folder = folder_of(name);
    if (name.size() > kGoneSuffix.size() && name.substr(name.size() - kGoneSuffix.size()) == kGoneSuffix)
      remove_tree(folder);
    const auto instance = is_id(name) ? read_instance(folder) : std::nullopt;
    if (!instance) continue;
    auto deployment = std::make_shared<LocalDeployment>(name, folder);
    deployment->instance = *instance;
    {
      const std::lock_guard lock(mutex_);
      deployments_[name] = deployment;
    }
    refresh(deployment);
  }
}

LocalProvider::DeploymentPtr LocalProvider::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = deployments_.find(id);
  return found == deployments_.end() ? nullptr : found->second;
}

/// Takes over what is true on disk; an end that nobody was told of yet is told.
void LocalProvider::refresh(const DeploymentPtr& deployment) {
  auto adopted = adopt(deployment->id, deployment->folder, boot_id_);
  std::shared_ptr<const Fd> supervisor;
  if (adopted.supervisor.is_open()) supervisor = std::make_shared<const Fd>(std::move(adopted.supervisor));
  const bool has_ended = adopted.observed.state == RunState::ended;
  auto run = read_run(deployment->folder).value_or(RunRecord{});
  {
    const std::lock_guard lock(deployment->mutex);
    deployment->observed = std::move(adopted.observed);
    deployment->run = std::move(run);
    deployment->supervisor = supervisor;
    deployment->changed.notify_all();
  }
  if (supervisor) {
    follow(deployment, supervisor);
    metrics_.wake();
  }
  if (!has_ended) return;
  // Lines that came while nobody listened.
  if (adopted.last_seq > 0)
    watcher_.post([this, id = deployment->id, last_seq = adopted.last_seq] { observer_.on_log(id, last_seq); });
  repeat_exit(deployment);
}

void LocalProvider::follow(const DeploymentPtr& deployment, std::shared_ptr<const Fd> supervisor) {
  watcher_.watch(supervisor, [this, deployment, supervisor](const Message* message) {
    if (message != nullptr && message->kind == MessageKind::log)
      observer_.on_log(deployment->id, message->value);
    else
      settle(deployment, supervisor);
  });
}

/// On the watcher's thread: the supervisor said that the run is over, or is gone without a word.
void LocalProvider::settle(const DeploymentPtr& deployment, const std::shared_ptr<const Fd>& supervisor) {
  {
    const std::lock_guard lock(deployment->mutex);
    if (deployment->supervisor != supervisor || deployment->is_removed) return;
  }
  refresh(deployment);
}

void LocalProvider::repeat_exit(const DeploymentPtr& deployment) {
  watcher_.post([this, deployment] {
    std::optional<Exit> exit;
    {
      const std::lock_guard lock(deployment->mutex);
      exit = deployment->observed.exit;
    }
    if (exit) observer_.on_exit(deployment->id, *exit);
  });
}

Capabilities LocalProvider::capabilities() const {
  Capabilities capabilities;
  capabilities.can_stop = capabilities.has_logs = capabilities.has_metrics = true;
  capabilities.unit = "process";
  capabilities.gpu_note = gpu_note();
  auto podman = podman_->state_now();
  capabilities.takes_image = podman.works;
  capabilities.no_image_because = std::move(podman.because);
  return capabilities;
}

Instance LocalProvider::to_instance(const LocalDeployment& deployment) const {
  Instance instance;
  instance.id = deployment.id;
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) == 0) instance.host = host;
  instance.limits_by = deployment.instance.limits_by;
  for (const auto port : deployment.instance.ports)
    instance.connection.ports.push_back({port, "http://127.0.0.1:" + std::to_string(port)});
  return instance;
}

Result<Instance> LocalProvider::create(const CreateOrder& order) {
  const auto& id = order.order_id;
  if (!is_id(id)) return invalid("provider.invalid", "is no deployment id", "order_id");
  HUB_TRY(check(order));
  DeploymentPtr deployment;
  {
    const std::lock_guard lock(mutex_);
    auto& entry = deployments_[id];
    if (!entry) entry = std::make_shared<LocalDeployment>(id, folder_of(id));
    deployment = entry;
  }
  const std::lock_guard work(deployment->work);
  if (deployment->is_removed) return conflict("provider.invalid", "the deployment is being removed");
  if (!read_instance(deployment->folder)) {
    const auto workspace = deployment->folder + "/" + kWorkspaceName;
    if (!make_folders(options_.folder) || !make_folder(deployment->folder) || !make_folder(workspace))
      return cannot("the workspace cannot be made");
    HUB_TRY(write_files(workspace, order.spec.files));
    InstanceRecord instance;
    for (const auto& port : order.spec.ports) instance.ports.push_back(port.port);
    instance.limits_by = limits_by(order.spec);
    instance.is_container = order.spec.image.has_value();
    if (!write_instance(deployment->folder, instance)) return cannot("the deployment cannot be recorded");
    const std::lock_guard lock(deployment->mutex);
    deployment->instance = instance;
    deployment->observed.id = id;
  }
  return to_instance(*deployment);
}

Result<std::vector<Observed>> LocalProvider::list() {
  std::vector<DeploymentPtr> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : deployments_) all.push_back(entry.second);
  }
  std::vector<Observed> observed;
  for (const auto& deployment : all) {
    const std::lock_guard lock(deployment->mutex);
    if (!deployment->observed.id.empty()) observed.push_back(deployment->observed);
  }
  return observed;
}

Result<Observed> LocalProvider::get(const std::string& deployment_id) {
  const auto deployment = find(deployment_id);
  if (!deployment) return unknown_deployment();
  const std::lock_guard lock(deployment->mutex);
  if (deployment->observed.id.empty()) return unknown_deployment();
  return deployment->observed;
}

Result<Observed> LocalProvider::start(const CreateOrder& order, std::int32_t run) {
  HUB_ASSERT(run >= 1);
  HUB_TRY(check_texts(order));
  const auto deployment = find(order.order_id);
  if (!deployment) return unknown_deployment();
  const std::lock_guard work(deployment->work);
  const auto seen = [&] {
    const std::lock_guard lock(deployment->mutex);
    auto observed = deployment->observed;
    // Limits may have been changed since it was prepared.
    observed.limits_by = limits_by(order.spec);
    return observed;
  };
  if (deployment->is_removed || seen().id.empty()) return unknown_deployment();
  if (seen().run >= run && seen().state != RunState::unknown) return seen();
  // The end of the run before may be on disk and not heard of yet.
  if (seen().run > 0 && seen().state != RunState::ended) refresh(deployment);
  if (seen().run >= run) return seen();
  if (seen().state == RunState::running || seen().state == RunState::unknown)
    return invalid("provider.invalid", "an earlier run goes on", "run");

  HUB_TRY(auto job, make_job(order, *deployment, run));
  auto started = start_supervisor(options_.supervisor, deployment->folder, job);
  if (!started && started.error().kind != FailureKind::conflict) {
    Cgroups::remove(job.cgroup_folders);
    return std::move(started.error());
  }
  // Whoever was quicker (a server before this one): what is on disk now is the truth.
  refresh(deployment);
  return seen();
}

Result<void> LocalProvider::stop(const std::string& deployment_id, std::int32_t run, Duration grace) {
  const auto deployment = find(deployment_id);
  if (!deployment) return unknown_deployment();
  std::shared_ptr<const Fd> supervisor;
  {
    const std::lock_guard lock(deployment->mutex);
    if (deployment->observed.run == run) supervisor = deployment->supervisor;
  }
  // A supervisor that is gone by now has its end reported by the watcher.
  if (supervisor)
    send_stop(*supervisor, run, grace);
  else
    repeat_exit(deployment);
  return success();
}

Result<void> LocalProvider::end_run(const DeploymentPtr& deployment) {
  std::unique_lock lock(deployment->mutex);
  if (deployment->observed.state == RunState::unknown) {
    lock.unlock();
    refresh(deployment);
    lock.lock();
    if (deployment->observed.state == RunState::unknown)
      return unavailable("provider.unreachable", "the supervisor cannot be reached");
  }
  if (deployment->supervisor) send_stop(*deployment->supervisor, deployment->observed.run, Duration{0});
  const bool ended = deployment->changed.wait_for(lock, kRemoveWait, [&] { return deployment->supervisor == nullptr; });
  if (!ended) return unavailable("provider.unreachable", "the command does not end");
  deployment->is_removed = true;
  deployment->metrics.close();
  return success();
}

Result<void> LocalProvider::remove(const std::string& deployment_id) {
  if (!is_id(deployment_id)) return success();
  const auto deployment = find(deployment_id);
  const auto folder = folder_of(deployment_id), gone = folder + std::string(kGoneSuffix);
  std::unique_lock<std::mutex> work;
  if (deployment) {
    work = std::unique_lock(deployment->work);
    HUB_TRY(end_run(deployment));
  }
  if (::rename(folder.c_str(), gone.c_str()) != 0 && errno != ENOENT) {
    // A half-removed one of the same name stands in the way.
    if (!remove_tree(gone) || (::rename(folder.c_str(), gone.c_str()) != 0 && errno != ENOENT))
      return cannot("the workspace cannot be removed");
  }
  if (!remove_tree(gone)) return cannot("the workspace cannot be removed");
  cgroups_.remove_all_of(deployment_id);
  if (deployment && deployment->instance.is_container) podman_->remove_container(deployment_id);
  {
    const std::lock_guard lock(mutex_);
    deployments_.erase(deployment_id);
  }
  observer_.on_removed(deployment_id);
  return success();
}

Result<LogPage> LocalProvider::logs(const std::string& deployment_id, const LogQuery& query) {
  const auto deployment = find(deployment_id);
  if (!deployment) return kept_.logs(deployment_id, query);
  return deployment->log.read(query);
}

Result<deployments::Connection> LocalProvider::connection(const std::string& deployment_id) {
  const auto deployment = find(deployment_id);
  if (!deployment) return unknown_deployment();
  const std::lock_guard lock(deployment->mutex);
  return to_instance(*deployment).connection;
}

}  // namespace hub::providers::local
