// The part of the supervisor that runs shells beside the command.
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "adapters/providers/local/processes.hpp"
#include "adapters/providers/local/supervisor.hpp"

namespace hub::providers::local {
namespace {

constexpr std::size_t kJobBytesMax = 64 * 1'024;
/// How long what is left of a closed shell is told again that it is.
constexpr std::int64_t kHangUpMicros = 100'000;

std::int64_t steady_micros() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1'000;
}

}  // namespace

void Supervisor::open_shell(Client& client, std::vector<Fd> handed) {
  std::string bytes;
  if (handed.size() != 2 || client.shell != 0) return drop(client);
  ::lseek(handed[1].get(), 0, SEEK_SET);
  auto job = read_all(handed[1].get(), bytes, kJobBytesMax) ? decode_job(bytes) : std::nullopt;
  if (!job || job->command.empty()) return drop(client);
  job->env = with_environment_of(record_.pid, std::move(job->env));
  // It is one of the run's processes: in the same groups, under the same limits.
  job->cgroup_folders = job_.cgroup_folders;
  job->address_space_max = job_.address_space_max;
  job->open_files_max = job_.open_files_max;
  StartFailure failure;
  const auto shell = start_shell(*job, handed[0], failure);
  for (auto& value : job->env) ::explicit_bzero(value.data(), value.size());
  if (shell < 0) return send(client, MessageKind::shell_failed, static_cast<std::uint64_t>(failure.error));
  client.shell = shell;
  send(client, MessageKind::shell_started, static_cast<std::uint64_t>(shell));
}

void Supervisor::drop(Client& client) {
  client.socket.reset();
  if (client.shell == 0) return;
  hang_up_session(client.shell);
  hung_up_.push_back(std::exchange(client.shell, 0));
}

void Supervisor::hang_up_shells() {
  for (const auto& client : clients_)
    if (client.shell != 0) hang_up_session(client.shell);
}

void Supervisor::end_sessions() {
  const auto now = steady_micros();
  for (auto& ending : endings_) ending.told = hang_up_session(ending.session, ending.told);
  endings_.erase(std::remove_if(endings_.begin(), endings_.end(),
                                [&](const auto& ending) { return ending.told.empty() || now >= ending.until; }),
                 endings_.end());
}

bool Supervisor::note_shell_end(std::int32_t pid, int status) {
  if (const auto found = std::find(hung_up_.begin(), hung_up_.end(), pid); found != hung_up_.end()) {
    hung_up_.erase(found);
    endings_.push_back({pid, steady_micros() + kHangUpMicros, {}});
    end_sessions();
    return true;
  }
  for (auto& client : clients_) {
    if (client.shell != pid) continue;
    client.shell = 0;
    const bool ends = is_stopping_ || has_exited_;
    send(client, MessageKind::shell_ended, static_cast<std::uint32_t>(status) | (ends ? kShellOfEndingRun : 0));
    client.socket.reset();
    return true;
  }
  return false;
}

}  // namespace hub::providers::local
