// The part of the local provider that turns an order into a job, or refuses it.
#include <algorithm>

#include "adapters/providers/local/local_provider.hpp"

namespace hub::providers::local {
namespace {

/// Only what is given, and the little that programs count on.
std::vector<std::string> environment_of(const CreateOrder& order, const std::string& workspace) {
  std::map<std::string, std::string> env{{"LANG", "C.UTF-8"}};
  if (!order.spec.image) {
    env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    env["HOME"] = workspace;
  }
  for (const auto& [name, value] : order.env) env[name] = value;
  env[std::string(kMarkerVariable)] = order.order_id;
  std::vector<std::string> texts;
  for (const auto& [name, value] : env) texts.push_back(name + "=" + value);
  return texts;
}

}  // namespace

Result<void> LocalProvider::check(const CreateOrder& order) const {
  HUB_TRY(check_texts(order));
  HUB_TRY(check_gpu(order.spec.gpu));
  return check_image(order);
}

/// What the kernel takes as an argument or variable: no zero byte, no "=" in a name.
Result<void> LocalProvider::check_texts(const CreateOrder& order) {
  if (order.spec.command.empty() || order.spec.command.front().empty())
    return invalid("provider.invalid", "must name what is to run", "command");
  for (const auto& argument : order.spec.command)
    if (argument.find('\0') != std::string::npos) return invalid("provider.invalid", "holds a zero byte", "command");
  for (const auto& [name, value] : order.env)
    if (name.empty() || name.find('=') != std::string::npos || (name + value).find('\0') != std::string::npos)
      return invalid("provider.invalid", "is no name or value of a variable", "env." + name);
  return success();
}

Result<void> LocalProvider::check_image(const CreateOrder& order) const {
  if (!order.spec.image) return success();
  const auto podman = podman_->state();
  if (!podman.works) return invalid("provider.containers_unavailable", podman.because, "image");
  HUB_TRY(podman_run(podman, order, folder_of(order.order_id)));
  return success();
}

Result<void> LocalProvider::check_gpu(const std::optional<deployments::Gpu>& wanted) const {
  if (!wanted) return success();
  const auto gpus = nvml_ ? nvml_->read() : std::vector<GpuReading>{};
  const auto fitting = std::count_if(gpus.begin(), gpus.end(), [&](const auto& gpu) {
    return wanted->model.empty() || gpu.model.find(wanted->model) != std::string::npos;
  });
  if (fitting < wanted->count) return conflict("provider.no_capacity", "the machine has not this GPU: " + gpu_note());
  return success();
}

/// What can hold the limits that were asked for.
std::string LocalProvider::limits_by(const deployments::Spec& spec) const {
  const auto& limits = spec.limits;
  if (!limits || !(limits->cpus || limits->memory_bytes || limits->processes)) return "none";
  if (spec.image) return "provider";  // podman's flags
  if (cgroups_.are_there() || limits->memory_bytes) return std::string(cgroups_.limits_by());
  return "none";
}

Result<Job> LocalProvider::make_job(const CreateOrder& order, const LocalDeployment& deployment,
                                    std::int32_t run) const {
  const auto limits = order.spec.limits.value_or(deployments::Limits{});
  Job job;
  job.run = run;
  job.boot_id = boot_id_;
  job.command = order.spec.command;
  job.env = environment_of(order, deployment.folder + "/" + kWorkspaceName);
  job.log_bytes_max = options_.log_bytes_max;
  job.open_files_max = open_files_of_commands_;
  if (order.spec.image) {
    // Podman limits the container, in control groups of its own.
    HUB_TRY(job.command, podman_run(podman_->state(), order, deployment.folder + "/" + kWorkspaceName));
    for (auto& variable : podman_environment()) job.env.push_back(std::move(variable));
    return job;
  }
  // The run is in the name: the groups of the run before may still be going.
  HUB_TRY(job.cgroup_folders, cgroups_.make(order.order_id + "-" + std::to_string(run), limits));
  if (!cgroups_.are_there() && limits.memory_bytes)
    job.address_space_max = static_cast<std::uint64_t>(*limits.memory_bytes);
  return job;
}

}  // namespace hub::providers::local
