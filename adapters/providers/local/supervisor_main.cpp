// computehub-supervisor FOLDER: runs one command of one deployment and records how it ended. Started by the server,
// which hands it the job through memory; it outlives the server.
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "adapters/providers/local/supervisor.hpp"

namespace local = hub::providers::local;

namespace {

constexpr std::size_t kJobBytesMax = 16 << 20;

std::optional<local::Job> receive_job() {
  const local::Fd memory(local::kJobFd);
  std::string bytes;
  ::lseek(memory.get(), 0, SEEK_SET);
  auto job = local::read_all(memory.get(), bytes, kJobBytesMax) ? local::decode_job(bytes) : std::nullopt;
  ::explicit_bzero(bytes.data(), bytes.size());
  return job;
}

/// The command has signals of its own; this process ends when the command has.
void ignore_signals() {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM})
    ::signal(signal, SIG_IGN);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::puts("computehub-supervisor " HUB_VERSION);
    return 0;
  }
  if (argc != 2 || ::fcntl(local::kControlFd, F_GETFD) < 0 || ::fcntl(local::kJobFd, F_GETFD) < 0) {
    std::fputs("computehub-supervisor is started by computehub serve\n", stderr);
    return 2;
  }
  // Away from the server: a session of its own, a parent that is gone.
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  ::syscall(SYS_close_range, local::kJobFd + 1, ~0U, 0);
  ::fcntl(local::kControlFd, F_SETFD, FD_CLOEXEC);
  ::fcntl(local::kJobFd, F_SETFD, FD_CLOEXEC);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ignore_signals();
  if (::chdir(argv[1]) != 0) return 1;
  auto job = receive_job();
  if (!job) return 1;
  local::Supervisor(std::move(*job)).run(local::Fd(local::kControlFd));
  return 0;
}
