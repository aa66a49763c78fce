#include "gateway/routes/spec_limits.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "events/core/digest.hpp"

namespace hub::routes {
namespace {

using deployments::Spec;

std::string at(std::string_view list, std::size_t index, std::string_view member = {}) {
  std::string path(list);
  path += "[" + std::to_string(index) + "]";
  if (!member.empty()) path += "." + std::string(member);
  return path;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// Code points, for people count characters.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0U) != 0x80; }));
}

Result<void> check_name(std::string_view name) {
  if (!is_display_name(name))
    return invalid("deployment.name", "must have 1 to 128 characters and no control character", "name");
  return success();
}

Result<void> check_command(const std::vector<std::string>& command) {
  if (command.empty() || command.size() > kCommandItemsMax)
    return invalid("deployment.command", "must have 1 to 1,024 items", "command");
  if (command.front().empty()) return invalid("deployment.command", "must name a program", "command[0]");
  for (std::size_t i = 0; i < command.size(); ++i)
    if (command[i].size() > kCommandBytesMax || command[i].find('\0') != std::string::npos)
      return invalid("deployment.command", "must be at most 128 KiB without NUL", at("command", i));
  return success();
}

Result<void> check_limits(const std::optional<deployments::Limits>& limits) {
  if (!limits) return success();
  if (limits->cpus && (!(*limits->cpus >= 0.01) || *limits->cpus > 1'024))
    return invalid("deployment.limits", "must be 0.01 to 1,024", "limits.cpus");
  if (limits->memory_bytes && (*limits->memory_bytes < (4 << 20) || *limits->memory_bytes > (std::int64_t{1} << 50)))
    return invalid("deployment.limits", "must be 4 MiB to 1 PiB", "limits.memory_bytes");
  if (limits->processes && (*limits->processes < 1 || *limits->processes > 1'000'000))
    return invalid("deployment.limits", "must be 1 to 1,000,000", "limits.processes");
  return success();
}

Result<void> check_restart_policy(const deployments::RestartPolicy& policy) {
  if (policy.max_restarts && (*policy.max_restarts < 0 || *policy.max_restarts > 1'000'000))
    return invalid("deployment.restart_policy", "must be 0 to 1,000,000", "restart_policy.max_restarts");
  if (policy.backoff_initial < milliseconds(10) || policy.backoff_initial > seconds(3'600))
    return invalid("deployment.restart_policy", "must be 10ms to 1h", "restart_policy.backoff_initial");
  if (policy.backoff_max < policy.backoff_initial || policy.backoff_max > seconds(24 * 3'600))
    return invalid("deployment.restart_policy", "must be backoff_initial to 24h", "restart_policy.backoff_max");
  return success();
}

Result<void> check_price(std::int64_t price) {
  if (price < 0 || price > std::int64_t{1'000'000} * 1'000'000)
    return invalid("deployment.price", "must be 0 to 1,000,000 USD an hour", "price_usd_micro_per_hour");
  return success();
}

Result<void> check_ports(const std::vector<deployments::Port>& ports) {
  if (ports.size() > kPortsMax) return invalid("deployment.ports", "at most 64 ports", "ports");
  std::set<std::uint16_t> seen;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const auto& port = ports[i];
    if (port.port == 0) return invalid("deployment.ports", "must be 1 to 65535", at("ports", i, "port"));
    if (!seen.insert(port.port).second) return invalid("deployment.ports", "is there twice", at("ports", i, "port"));
    if (port.protocol && *port.protocol != "tcp" && *port.protocol != "udp" && *port.protocol != "http")
      return invalid("deployment.ports", "must be tcp, udp or http", at("ports", i, "protocol"));
    if (port.name && (port.name->empty() || port.name->size() > 64 || has_control(*port.name)))
      return invalid("deployment.ports", "must have 1 to 64 characters", at("ports", i, "name"));
  }
  return success();
}

/// Relative, of plain names only: nothing that leaves the workspace.
bool is_inside(std::string_view path) {
  if (path.empty() || path.size() > 1'024 || path.front() == '/' || path.back() == '/' || has_control(path))
    return false;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return true;
}

Result<void> check_files(const std::vector<deployments::File>& files) {
  if (files.size() > kFilesMax) return invalid("deployment.files", "at most 256 files", "files");
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& file = files[i];
    if (!is_inside(file.path))
      return invalid("deployment.files", "must be a relative path inside the workspace", at("files", i, "path"));
    if (!seen.insert(file.path).second) return invalid("deployment.files", "is there twice", at("files", i, "path"));
    if (file.text.has_value() == file.base64.has_value())
      return invalid("deployment.files", "must have either text or base64", at("files", i));
    if (file.base64 && !from_base64(*file.base64))
      return invalid("deployment.files", "is not valid base64", at("files", i, "base64"));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto folder = files[i].path + "/";
    const auto below = seen.lower_bound(folder);
    if (below != seen.end() && below->substr(0, folder.size()) == folder)
      return invalid("deployment.files", "is the folder of another file", at("files", i, "path"));
  }
  return success();
}

Result<void> check_gpu(const std::optional<deployments::Gpu>& gpu) {
  if (!gpu) return success();
  if (gpu->model.empty() || gpu->model.size() > 128 || has_control(gpu->model))
    return invalid("deployment.gpu", "must have 1 to 128 characters", "gpu.model");
  if (gpu->count < 1 || gpu->count > 16) return invalid("deployment.gpu", "must be 1 to 16", "gpu.count");
  return success();
}

Result<void> check_env(const Spec& spec) {
  for (const auto& [name, value] : spec.env) {
    if (!value.secret) continue;
    const bool good = !value.secret->empty() && value.secret->size() <= 128 &&
                      std::all_of(value.secret->begin(), value.secret->end(), [](unsigned char c) {
                        return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
                      });
    if (!good) return invalid("deployment.env", "must be the name of a secret", "env." + name + ".secret");
  }
  return success();
}

}  // namespace

bool is_display_name(std::string_view name) {
  return !name.empty() && characters(name) <= kNameCharactersMax && !has_control(name);
}

Result<void> check_labels(const std::map<std::string, std::string>& labels, std::string_view code) {
  if (labels.size() > kLabelsMax) return invalid(code, "at most 64 labels", "labels");
  for (const auto& [key, value] : labels) {
    const auto path = "labels." + key.substr(0, 64);
    if (key.empty() || characters(key) > kNameCharactersMax || has_control(key))
      return invalid(code, "a key has 1 to 128 characters", path);
    if (value.size() > kLabelValueBytesMax) return invalid(code, "a value has at most 1 KiB", path);
  }
  return success();
}

Result<void> check_env_name(std::string_view name) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  if (name.empty() || name.size() > 128 || std::isdigit(static_cast<unsigned char>(name.front())) != 0 ||
      !std::all_of(name.begin(), name.end(), plain))
    return invalid("deployment.env", "a name has letters, digits and _, and begins with no digit",
                   "env." + std::string(name.substr(0, 64)));
  return success();
}

Result<void> check_env_value(std::string_view name, std::string_view value) {
  if (value.size() > kEnvValueBytesMax || value.find('\0') != std::string_view::npos)
    return invalid("deployment.env", "must be at most 64 KiB without NUL", "env." + std::string(name));
  return success();
}

Result<void> check_spec(const Spec& spec) {
  HUB_TRY(check_name(spec.name));
  if (spec.provider.empty() || spec.provider.size() > 64)
    return invalid("deployment.provider", "must name a provider", "provider");
  if (spec.host && (spec.host->empty() || characters(*spec.host) > kHostCharactersMax))
    return invalid("deployment.host", "must have 1 to 100 characters", "host");
  HUB_TRY(check_command(spec.command));
  if (spec.env.size() > kEnvCountMax) return invalid("deployment.env", "at most 1,024 variables", "env");
  HUB_TRY(check_env(spec));
  if (spec.image && (spec.image->empty() || spec.image->size() > 512 || has_control(*spec.image)))
    return invalid("deployment.image", "must have 1 to 512 characters", "image");
  HUB_TRY(check_ports(spec.ports));
  HUB_TRY(check_files(spec.files));
  HUB_TRY(check_labels(spec.labels, "deployment.labels"));
  HUB_TRY(check_gpu(spec.gpu));
  HUB_TRY(check_limits(spec.limits));
  HUB_TRY(check_restart_policy(spec.restart_policy));
  if (spec.stop_grace > seconds(3'600)) return invalid("deployment.stop_grace", "must be 0s to 1h", "stop_grace");
  return check_price(spec.price_usd_micro_per_hour);
}

Result<void> check_change(const deployments::ChangeDeployment& change) {
  if (change.name) {
    HUB_TRY(check_name(*change.name));
  }
  if (change.labels) {
    HUB_TRY(check_labels(*change.labels, "deployment.labels"));
  }
  HUB_TRY(check_limits(change.limits));
  if (change.restart_policy) {
    HUB_TRY(check_restart_policy(*change.restart_policy));
  }
  if (change.price_usd_micro_per_hour) return check_price(*change.price_usd_micro_per_hour);
  return success();
}

}  // namespace hub::routes
