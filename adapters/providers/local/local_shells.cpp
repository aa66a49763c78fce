// The part of the local provider that opens shells in what runs.
#include <unistd.h>

#include "adapters/providers/local/local_provider.hpp"

namespace hub::providers::local {
namespace {

constexpr const char* kBash = "/bin/bash";
constexpr const char* kShell = "/bin/sh";

std::vector<std::string> shell_here() {
  return {::access(kBash, X_OK) == 0 ? kBash : kShell};
}

/// What is in an image is only known there.
std::vector<std::string> shell_in_container(const PodmanState& podman, const std::string& name) {
  auto command = podman.command;
  for (const char* argument : {"exec", "--interactive", "--tty", "--env", "TERM=xterm-256color"})
    command.emplace_back(argument);
  command.push_back(name);
  for (const char* argument : {kShell, "-c", "if command -v bash >/dev/null; then exec bash; else exec sh; fi"})
    command.emplace_back(argument);
  return command;
}

}  // namespace

Result<Shell> LocalProvider::open_shell(const std::string& deployment_id, TerminalSize size) {
  const auto deployment = find(deployment_id);
  if (!deployment) return not_found("provider.not_found", "the provider holds no such deployment");
  std::int32_t run = 0;
  bool is_container = false;
  {
    const std::lock_guard lock(deployment->mutex);
    if (deployment->observed.state != RunState::running || deployment->is_removed)
      return conflict("terminal.not_running", "nothing runs there now");
    run = deployment->observed.run;
    is_container = deployment->instance.is_container;
  }
  const auto command = is_container ? shell_in_container(podman_->state(), deployment_id) : shell_here();
  return local::open_shell(deployment->folder, run, command, size);
}

}  // namespace hub::providers::local
