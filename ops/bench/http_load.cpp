#include "ops/bench/http_load.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ops/bench/http_client.hpp"
#include "ops/bench/site.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kAnswerBytesMax = 256 * 1024;
constexpr std::size_t kRatePerSecondMax = 200'000;
constexpr int kEventsAtOnce = 64;

struct Connection {
  int socket = -1;
  Clock::time_point sent;
  std::string received;  ///< reserved; holds at most one answer
};

class Load {
 public:
  explicit Load(const HttpLoad& load)
      : load_(load), poll_(::epoll_create1(EPOLL_CLOEXEC)), connections_(load.connections), piece_(kAnswerBytesMax, 0) {
    for (auto& connection : connections_) {
      connection.socket = connect_to(load.server->port());
      connection.received.reserve(kAnswerBytesMax);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.socket, &event);
      send(connection);
    }
  }
  ~Load() {
    for (const auto& connection : connections_) ::close(connection.socket);
    ::close(poll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Runs for so long; tells of each answer how long it took.
  void run(std::chrono::milliseconds duration, Latencies* latencies) {
    latencies_ = latencies;
    const auto end = Clock::now() + duration;
    epoll_event events[kEventsAtOnce];
    while (Clock::now() < end) {
      const int ready = ::epoll_wait(poll_, events, kEventsAtOnce, 100);
      for (int i = 0; i < ready; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
    }
  }

 private:
  void send(Connection& connection) {
    const auto& request = load_.requests[next_++ % load_.requests.size()];
    connection.sent = Clock::now();
    require(
        ::send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()),
        "a request cannot be sent");
  }

  void receive(Connection& connection) {
    const auto got = ::read(connection.socket, piece_.data(), piece_.size());
    require(got > 0, "the server closes a connection under load");
    std::string_view bytes(piece_.data(), static_cast<std::size_t>(got));
    // Most answers come in one piece and are looked at where they lie.
    if (!connection.received.empty()) bytes = connection.received.append(bytes);
    const auto end = answer_end(bytes);
    if (end.size == 0) {
      if (connection.received.empty()) connection.received = bytes;
      return;
    }
    if (end.status != load_.status) give_up(fmt::format("an answer under load is\n{}", bytes));
    connection.received.clear();
    if (latencies_) latencies_->add(Clock::now() - connection.sent);
    send(connection);
  }

  const HttpLoad& load_;
  int poll_;
  std::vector<Connection> connections_;
  std::string piece_;
  std::size_t next_ = 0;
  Latencies* latencies_ = nullptr;
};

}  // namespace

HttpLoadResult run_http_load(const HttpLoad& given) {
  const auto expected = kRatePerSecondMax * static_cast<std::size_t>(given.duration.count()) / 1'000;
  HttpLoadResult result{0, 0, 0, Latencies(expected)};
  Load load(given);
  load.run(given.warm_up, nullptr);
  const auto cpu = given.server->cpu_seconds();
  const auto start = Clock::now();
  load.run(given.duration, &result.latencies);
  result.seconds = seconds_since(start);
  result.cpu_seconds = given.server->cpu_seconds() - cpu;
  result.answers = result.latencies.count();
  return result;
}

}  // namespace hub::bench
