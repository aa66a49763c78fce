// Figures of the gateway alone, one JSON line each. Not a test; run it on an idle machine.
//   gateway_bench [http|live]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "tests/gateway/live_site.hpp"
#include "tests/gateway/test_site.hpp"

namespace hub::testing {
namespace {

using Clock = std::chrono::steady_clock;

int connected(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  return socket;
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
}

void print(const char* name, double value, const char* unit, double n) {
  std::printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"n\":%.0f}\n", name, value, unit, n);
  std::fflush(stdout);
}

/// A process of its own that keeps `connections` busy with `request` for `seconds`; gives the answers through the pipe.
pid_t start_requester(std::uint16_t port, const std::string& request, int connections, double seconds, int result) {
  const pid_t child = fork();
  if (child != 0) return child;
  const int poll = epoll_create1(0);
  for (int i = 0; i < connections; ++i) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = connected(port);
    epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
    if (::write(event.data.fd, request.data(), request.size()) <= 0) _exit(1);
  }
  std::uint64_t answers = 0;
  char bytes[4096];
  epoll_event events[64];
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < until) {
    const int ready = epoll_wait(poll, events, 64, 100);
    for (int i = 0; i < ready; ++i) {
      // Answers are small and come in one piece, each to one request.
      if (::read(events[i].data.fd, bytes, sizeof bytes) <= 0) _exit(1);
      ++answers;
      if (::write(events[i].data.fd, request.data(), request.size()) <= 0) _exit(1);
    }
  }
  if (::write(result, &answers, sizeof answers) != sizeof answers) _exit(1);
  _exit(0);
}

std::uint64_t value_from(int pipe_end, pid_t child) {
  std::uint64_t value = 0;
  if (::read(pipe_end, &value, sizeof value) != sizeof value) value = 0;
  waitpid(child, nullptr, 0);
  return value;
}

void bench_http(const char* name, const std::string& request, int connections) {
  constexpr double kSeconds = 3;
  int ends[2], port_pipe[2];
  if (pipe(ends) != 0 || pipe(port_pipe) != 0) std::abort();
  TestSite site;
  const double before = cpu_seconds();
  const pid_t child = start_requester(site.port(), request, connections, kSeconds, ends[1]);
  const auto answers = static_cast<double>(value_from(ends[0], child));
  print(name, answers / kSeconds, "1/s", answers);
  print((std::string(name) + ".server_cpu").c_str(), (cpu_seconds() - before) / answers * 1e6, "us", answers);
}

/// A process of its own with `count` subscribers of one stream; gives the bytes that it received.
pid_t start_subscribers(std::uint16_t port, int count, int ready_end, int result) {
  const pid_t child = fork();
  if (child != 0) return child;
  const int poll = epoll_create1(0);
  const std::string handshake =
      "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Authorization: Bearer good-token\r\n\r\n";
  const std::string text = R"({"type":"subscribe","id":1,"stream":"counters/bench"})";
  std::string subscribe = "\x81";
  subscribe += static_cast<char>(0x80U | text.size());
  subscribe += std::string(4, '\0') + text;  // masked with zeros
  for (int i = 0; i < count; ++i) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = connected(port);
    const std::string both = handshake + subscribe;
    if (::write(event.data.fd, both.data(), both.size()) <= 0) _exit(1);
    epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
  }
  if (::write(ready_end, "r", 1) != 1) _exit(1);
  static char bytes[256 * 1024];
  epoll_event events[256];
  std::uint64_t received = 0;
  for (bool going = true; going;) {
    const int ready = epoll_wait(poll, events, 256, 10'000);
    if (ready <= 0) break;
    for (int i = 0; i < ready; ++i) {
      const auto got = ::read(events[i].data.fd, bytes, sizeof bytes);
      if (got <= 0) going = false;
      if (got > 0) received += static_cast<std::uint64_t>(got);
    }
  }
  if (::write(result, &received, sizeof received) != sizeof received) _exit(1);
  _exit(0);
}

void bench_fan_out(int subscribers, int per_second) {
  constexpr int kSeconds = 4;
  int ends[2], ready[2];
  if (pipe(ends) != 0 || pipe(ready) != 0) std::abort();
  http::ServerOptions server_options;
  server_options.limits.connections = 20'000;
  LiveSite site({}, std::move(server_options));
  const pid_t child = start_subscribers(site.port(), subscribers, ready[1], ends[1]);
  char byte = 0;
  if (::read(ready[0], &byte, 1) != 1) std::abort();
  const auto count = static_cast<std::uint64_t>(subscribers);
  while (site.hub().metrics().frames_sent < 2 * count) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const std::string padding(300 - 90, 'x');  // about 300 bytes a message with its envelope
  const auto frames_before = site.hub().metrics().frames_sent;
  const double before = cpu_seconds();
  const auto began = Clock::now();
  const int total = per_second * kSeconds;
  for (int i = 0; i < total; ++i) {
    std::this_thread::sleep_until(began + std::chrono::microseconds(1'000'000LL * i / per_second));
    site.counters().count("bench", "default", {}, padding);
  }
  const auto wanted = frames_before + count * static_cast<std::uint64_t>(total);
  while (site.hub().metrics().frames_sent < wanted && Clock::now() < began + std::chrono::seconds(60))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  const double used = cpu_seconds() - before;
  const auto sent = static_cast<double>(site.hub().metrics().frames_sent - frames_before);
  const std::string name = "fan_out." + std::to_string(subscribers) + "x" + std::to_string(per_second);
  print((name + ".cpu_per_million").c_str(), used / sent * 1e6, "s", sent);
  print((name + ".rate").c_str(), sent / took, "1/s", sent);
  site.server().stop(std::chrono::milliseconds(0));
  value_from(ends[0], child);
}

}  // namespace
}  // namespace hub::testing

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const std::string what = argc > 1 ? argv[1] : "";
  if (what != "live") {
    hub::testing::bench_http("hello_get_64", "GET /hello HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n", 64);
    hub::testing::bench_http("echo_post_64",
                             "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             "Content-Length: 40\r\n\r\n" +
                                 std::string(40, 'x'),
                             64);
  }
  if (what != "http") {
    hub::testing::bench_fan_out(1'000, 100);
    hub::testing::bench_fan_out(5'000, 100);
  }
}
