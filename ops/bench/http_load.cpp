#include "ops/bench/http_load.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "ops/bench/http_client.hpp"
#include "ops/bench/site.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kAnswerBytesMax = 256 * 1024;
constexpr std::size_t kRatePerSecondMax = 200'000;
constexpr int kEventsAtOnce = 64;
constexpr std::chrono::seconds kAnswerPatience{60};
/// With all answers of a load that is counted.
constexpr std::chrono::seconds kCountPatience{600};

struct Connection {
  int socket = -1;
  std::vector<Clock::time_point> sent;  ///< of the requests under way, in turn
  std::size_t oldest = 0;
  std::size_t under_way = 0;
  std::string received;  ///< reserved; what has come of the next answer
};

class Load {
 public:
  explicit Load(const HttpLoad& load)
      : load_(load), poll_(::epoll_create1(EPOLL_CLOEXEC)), connections_(load.connections), piece_(kAnswerBytesMax, 0) {
    for (auto& connection : connections_) {
      connection.socket = connect_to(load.port != 0 ? load.port : load.server->port());
      connection.sent.resize(load.pipelined);
      connection.received.reserve(kAnswerBytesMax);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.socket, &event);
    }
  }
  ~Load() {
    for (const auto& connection : connections_) ::close(connection.socket);
    ::close(poll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// The first requests of every connection; `requests` in all will be sent.
  void begin(std::size_t requests) {
    left_ = requests;
    for (auto& connection : connections_) send(connection, load_.pipelined);
  }

  /// Runs until then, or until every request is answered; tells of each answer how long it took.
  void run(Clock::time_point end, Latencies* latencies) {
    latencies_ = latencies;
    epoll_event events[kEventsAtOnce];
    while (under_way_ > 0 && Clock::now() < end) {
      const int ready = ::epoll_wait(poll_, events, kEventsAtOnce, 100);
      for (int i = 0; i < ready; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
    }
  }

  /// Sends no more, and waits for what is under way. How many requests there were in all.
  std::size_t end() {
    left_ = 0;
    run(Clock::now() + kAnswerPatience, nullptr);
    require(under_way_ == 0, "answers are missing at the end of a load");
    return next_;
  }

 private:
  void send(Connection& connection, std::size_t count) {
    count = std::min(count, left_);
    if (count == 0) return;
    left_ -= count;
    under_way_ += count;
    const auto now = Clock::now();
    for (std::size_t i = 0; i < count; ++i)
      connection.sent[(connection.oldest + connection.under_way++) % load_.pipelined] = now;
    if (count == 1) return write(connection, next_request());
    together_.clear();
    for (std::size_t i = 0; i < count; ++i) together_ += next_request();
    write(connection, together_);
  }

  const std::string& next_request() { return load_.requests[next_++ % load_.requests.size()]; }

  static void write(const Connection& connection, const std::string& bytes) {
    require(::send(connection.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
            "a request cannot be sent");
  }

  void receive(Connection& connection) {
    const auto got = ::read(connection.socket, piece_.data(), piece_.size());
    require(got > 0, "the server closes a connection under load");
    std::string_view bytes(piece_.data(), static_cast<std::size_t>(got));
    // Most answers come in one piece and are looked at where they lie.
    const bool was_kept = !connection.received.empty();
    if (was_kept) bytes = connection.received.append(bytes);
    std::size_t answered = 0;
    for (auto end = answer_end(bytes); end.size > 0; end = answer_end(bytes)) {
      if (end.status != load_.status) give_up(fmt::format("an answer under load is\n{}", bytes));
      answered_one(connection);
      ++answered;
      bytes.remove_prefix(end.size);
    }
    if (was_kept)
      connection.received.erase(0, connection.received.size() - bytes.size());
    else
      connection.received = bytes;
    send(connection, answered);
  }

  void answered_one(Connection& connection) {
    if (latencies_) latencies_->add(Clock::now() - connection.sent[connection.oldest]);
    connection.oldest = (connection.oldest + 1) % load_.pipelined;
    --connection.under_way;
    --under_way_;
  }

  const HttpLoad& load_;
  int poll_;
  std::vector<Connection> connections_;
  std::string piece_;
  std::string together_;  ///< requests that leave in one piece
  std::size_t next_ = 0;
  std::size_t left_ = 0;
  std::size_t under_way_ = 0;
  Latencies* latencies_ = nullptr;
};

std::size_t expected_answers(const HttpLoad& load) {
  return load.answers > 0 ? load.answers : kRatePerSecondMax * static_cast<std::size_t>(load.duration.count()) / 1'000;
}

}  // namespace

HttpLoadResult run_http_load(const HttpLoad& given) {
  const bool is_counted = given.answers > 0;
  HttpLoadResult result{0, 0, 0, 0, Latencies(expected_answers(given))};
  Load load(given);
  if (!is_counted) {
    load.begin(std::numeric_limits<std::size_t>::max());
    load.run(Clock::now() + given.warm_up, nullptr);
  }
  const auto cpu = given.server->cpu_seconds();
  const auto start = Clock::now();
  if (is_counted) load.begin(given.answers);
  load.run(start + (is_counted ? kCountPatience : given.duration), &result.latencies);
  result.seconds = seconds_since(start);
  result.cpu_seconds = given.server->cpu_seconds() - cpu;
  result.answers = result.latencies.count();
  result.answers_in_all = load.end();
  return result;
}

}  // namespace hub::bench
