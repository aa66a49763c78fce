#include "adapters/providers/local/supervisor_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hub::providers::local {
namespace {

/// Time for a supervisor to take over and to start its command.
constexpr int kStartWaitMs = 20'000;
constexpr int kConnectWaitSeconds = 1;
/// Above the numbers that a supervisor finds its descriptors at, so that moving one never closes the other.
constexpr int kFdFloor = 16;

Failure trouble(std::string_view what) {
  return unavailable("provider.unreachable", std::string(what) + ": " + std::strerror(errno));
}

Fd lifted(Fd fd) {
  return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFdFloor));
}

Fd job_memory(const Job& job) {
  auto memory = lifted(Fd(::memfd_create("job", MFD_CLOEXEC)));
  auto bytes = encode(job);
  const bool written = memory.is_open() && write_all(memory.get(), bytes);
  ::explicit_bzero(bytes.data(), bytes.size());
  return written ? std::move(memory) : Fd();
}

/// Returns errno, 0 when it runs.
int spawn(const std::string& executable, const std::string& folder, const Fd& control, const Fd& job) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1, 2}) ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&actions, control.get(), kControlFd);
  ::posix_spawn_file_actions_adddup2(&actions, job.get(), kJobFd);
  std::string name = "computehub-supervisor", argument = folder;
  char* const arguments[] = {name.data(), argument.data(), nullptr};
  // Nothing of the server's own environment reaches a supervisor or its command.
  char* const environment[] = {nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, executable.c_str(), &actions, nullptr, arguments, environment);
  ::posix_spawn_file_actions_destroy(&actions);
  // What was spawned forks itself away and ends at once.
  if (error == 0)
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  return error;
}

bool wait_readable(const Fd& socket, int wait_ms) {
  pollfd wait{socket.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, wait_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

Result<Fd> start_supervisor(const std::string& executable, const std::string& folder, const Job& job) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return trouble("no socket to be had");
  Fd ours(ends[0]);
  auto theirs = lifted(Fd(ends[1]));
  const auto memory = job_memory(job);
  if (!theirs.is_open() || !memory.is_open()) return trouble("the job cannot be handed over");
  errno = spawn(executable, folder, theirs, memory);
  if (errno != 0) return trouble("the supervisor " + executable + " cannot be started");
  theirs.reset();
  if (!wait_readable(ours, kStartWaitMs)) return unavailable("provider.unreachable", "the supervisor does not answer");
  const auto answer = receive_message(ours);
  if (!answer) return unavailable("provider.unreachable", "the supervisor ended before it started the command");
  if (answer->kind == MessageKind::refused) return conflict("provider.refused_run", "the run was started before");
  return ours;
}

Fd connect_supervisor(const std::string& folder) {
  const Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!directory.is_open() || !socket.is_open()) return {};
  // By the descriptor: the path of a data folder may be longer than the address of a socket can be.
  const auto path = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + kSocketName;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  // On a supervisor that takes no connections, because its user has stopped it, this would wait for ever.
  const timeval patience{kConnectWaitSeconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return socket;
}

bool send_stop(const Fd& socket, std::int32_t run, Duration grace) {
  const Message message{MessageKind::stop, run,
                        static_cast<std::uint64_t>(std::max<std::int64_t>(grace.micros, 0)) / 1'000};
  return ::send(socket.get(), &message, sizeof message, MSG_NOSIGNAL) == sizeof message;
}

std::optional<Message> receive_message(const Fd& socket) {
  Message message;
  ssize_t got = 0;
  do {
    got = ::recv(socket.get(), &message, sizeof message, 0);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof message) return std::nullopt;
  return message;
}

}  // namespace hub::providers::local
