// The part of the local provider that says what this machine has and does.
#include <unistd.h>

#include "adapters/providers/local/local_provider.hpp"

namespace hub::providers::local {

/// What runs now, on the thread of metrics.
std::vector<MetricsThread::Due> LocalProvider::running() {
  std::vector<DeploymentPtr> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : deployments_) all.push_back(entry.second);
  }
  std::vector<MetricsThread::Due> due;
  for (const auto& deployment : all) {
    const std::lock_guard lock(deployment->mutex);
    if (!deployment->supervisor) continue;
    // Adopted between the claim of the run and the start of its command.
    if (deployment->run.pid == 0) deployment->run = read_run(deployment->folder).value_or(deployment->run);
    if (deployment->run.pid > 0) due.push_back({{deployment->id, deployment->run}, deployment->watchers > 0});
  }
  return due;
}

void LocalProvider::take_sample(const std::string& id, const Sample& sample) {
  const auto deployment = find(id);
  if (!deployment) return;
  deployment->metrics.add(sample);
  observer_.on_metrics(id, to_metric_sample(sample));
}

Result<std::vector<MetricSample>> LocalProvider::metrics(const std::string& deployment_id, Instant from, Instant to,
                                                         Duration step) {
  const auto deployment = find(deployment_id);
  if (!deployment) return kept_.metrics(deployment_id, from, to, step);
  return deployment->metrics.read(from, to, step);
}

void LocalProvider::watch_metrics(const std::string& deployment_id, bool watched) {
  const auto deployment = find(deployment_id);
  if (!deployment) return;
  {
    const std::lock_guard lock(deployment->mutex);
    deployment->watchers += watched ? 1 : -1;
  }
  metrics_.wake();
}

std::string LocalProvider::gpu_note() const {
  if (!nvml_) return "no GPU here";
  std::map<std::string, int> models;
  for (const auto& gpu : nvml_->read()) ++models[gpu.model];
  std::string note;
  for (const auto& [model, count] : models) note += (note.empty() ? "" : ", ") + std::to_string(count) + " x " + model;
  return note;
}

Result<std::vector<Offer>> LocalProvider::offers() {
  Offer offer;
  offer.id = offer.provider = offer.region = "local";
  offer.cpus = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  offer.memory_bytes = ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE);
  if (nvml_) {
    for (const auto& gpu : nvml_->read()) {
      offer.gpu_model = gpu.model;
      ++offer.gpu_count;
      offer.gpu_memory_bytes += gpu.memory_bytes;
    }
  }
  return std::vector<Offer>{offer};
}

}  // namespace hub::providers::local
