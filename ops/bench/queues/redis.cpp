#include "ops/bench/queues/redis.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "ops/bench/report.hpp"

namespace hub::bench {
namespace {

constexpr std::chrono::milliseconds kAskEvery{20};
constexpr std::chrono::seconds kReadyPatience{30};

/// In the child. Never returns.
[[noreturn]] void become_redis(const std::string& folder, const std::string& socket, const std::string& fsync) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int out = ::open((folder + "/log.txt").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket.c_str(), "--unixsocketperm", "700",
           "--dir", folder.c_str(), "--appendonly", "yes", "--appendfsync", fsync.c_str(), "--save", "", nullptr);
  ::_exit(127);
}

bool takes_connections(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  require(path.size() < sizeof address.sun_path, "the path of Redis' socket is too long; take another --folder");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool taken = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return taken;
}

}  // namespace

Redis::Redis(const std::filesystem::path& below, std::string_view fsync) : folder_(below) {
  pid_ = ::fork();
  require(pid_ >= 0, "no process");
  if (pid_ == 0) become_redis(folder_.path(), socket(), std::string(fsync));
  const auto start = Clock::now();
  while (!takes_connections(socket())) {
    require(::waitpid(pid_, nullptr, WNOHANG) == 0, "redis-server does not start");
    require(Clock::now() - start < kReadyPatience, "redis-server does not become ready");
    std::this_thread::sleep_for(kAskEvery);
  }
}

Redis::~Redis() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace hub::bench
