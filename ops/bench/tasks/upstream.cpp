#include "ops/bench/tasks/upstream.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "ops/bench/report.hpp"

namespace hub::bench {
namespace {

constexpr int kConnectionsMax = 1'024;
constexpr int kEventsAtOnce = 64;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

std::string answer() {
  constexpr std::string_view kBody =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1772366400,"model":"m","choices":[{"index":0,)"
      R"("message":{"role":"assistant","content":"That what goes in comes out."},"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16}})";
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", kBody.size(),
                     kBody);
}

/// Names of headers come in any case.
std::size_t body_size(std::string header) {
  std::transform(header.begin(), header.end(), header.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  const auto at = header.find(kLength);
  return at == std::string::npos ? 0 : std::strtoull(header.c_str() + at + kLength.size(), nullptr, 10);
}

/// The connections of one endpoint.
class Answering {
 public:
  Answering(int listener, int wake, std::chrono::milliseconds takes)
      : listener_(listener), wake_(wake), takes_(takes), poll_(::epoll_create1(EPOLL_CLOEXEC)), piece_(kReadBytes, 0) {
    watch(listener_);
    watch(wake_);
  }
  ~Answering() {
    for (const auto& [socket, received] : received_) ::close(socket);
    ::close(poll_);
  }
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;

  void run() {
    epoll_event events[kEventsAtOnce];
    for (;;) {
      const auto limit = patience();
      const int ready = ::epoll_pwait2(poll_, events, kEventsAtOnce, due_.empty() ? nullptr : &limit, nullptr);
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.fd == wake_) return;
        if (events[i].data.fd == listener_)
          accept();
        else
          receive(events[i].data.fd);
      }
      for (; !due_.empty() && due_.front().first <= Clock::now(); due_.pop_front()) send(due_.front().second);
    }
  }

 private:
  void watch(int handle) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = handle;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, handle, &event);
  }

  timespec patience() const {
    if (due_.empty()) return {};
    const auto left = std::max<Clock::rep>(
        0, std::chrono::duration_cast<std::chrono::nanoseconds>(due_.front().first - Clock::now()).count());
    return {left / 1'000'000'000, left % 1'000'000'000};
  }

  void accept() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    received_[socket];
    watch(socket);
  }

  void receive(int socket) {
    const auto got = ::read(socket, piece_.data(), piece_.size());
    if (got <= 0) {
      ::close(socket);
      received_.erase(socket);
      std::erase_if(due_, [&](const auto& due) { return due.second == socket; });
      return;
    }
    auto& received = received_[socket];
    received.append(piece_.data(), static_cast<std::size_t>(got));
    const auto header_end = received.find(kHeaderEnd);
    if (header_end == std::string::npos) return;
    const auto header_size = header_end + kHeaderEnd.size();
    if (received.size() < header_size + body_size(received.substr(0, header_size))) return;
    // A client waits for its answer before it asks again.
    received.clear();
    due_.emplace_back(Clock::now() + takes_, socket);
  }

  void send(int socket) const {
    static const std::string bytes = answer();
    static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  const int listener_;
  const int wake_;
  const std::chrono::milliseconds takes_;
  const int poll_;
  std::string piece_;
  std::map<int, std::string> received_;                ///< of each connection, what has come of the next request
  std::deque<std::pair<Clock::time_point, int>> due_;  ///< answers, by time
};

}  // namespace

Upstream::Upstream(std::chrono::milliseconds takes)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), wake_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener_, any, size) == 0 && ::listen(listener_, kConnectionsMax) == 0 &&
              ::getsockname(listener_, any, &size) == 0,
          "no port for an endpoint");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([listener = listener_, wake = wake_, takes] { Answering(listener, wake, takes).run(); });
}

Upstream::~Upstream() {
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
  ::close(listener_);
}

}  // namespace hub::bench
