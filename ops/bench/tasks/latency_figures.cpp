// A task from its request until its completion is heard of, at a steady pace.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <unordered_map>

#include "ops/bench/http_client.hpp"
#include "ops/bench/tasks/task_site.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kPerSecond = 500;
constexpr std::size_t kProducers = 16;
constexpr std::size_t kSlots = 50;
constexpr std::size_t kWarmUp = 1'000;
constexpr std::size_t kTimed = 5'000;
constexpr std::size_t kIdSize = 32;
constexpr int kEventsAtOnce = 32;
constexpr std::chrono::seconds kPatience{60};

/// Where a completion is heard of: what frames about it hold.
struct Stream {
  std::string_view name;
  std::string_view mark;
};
constexpr Stream kStreams[] = {
    {"events", "computehub.task.completed.v1"},
    {"tasks", "\"status\":\"completed\""},
};

/// Producers that take turns, and one who listens, on one thread: both ends are read off one clock.
class SteadyLoad {
 public:
  SteadyLoad(std::uint16_t port, const Stream& stream, std::string request)
      : mark_(stream.mark),
        request_(std::move(request)),
        listener_(port, 1, stream.name),
        poll_(::epoll_create1(EPOLL_CLOEXEC)),
        producers_(kProducers),
        piece_(64 * 1024, 0) {
    sent_.reserve(kWarmUp + kTimed);
    for (auto& producer : producers_) {
      producer.socket = connect_to(port);
      watch(producer.socket, &producer);
      idle_.push_back(&producer);
    }
    watch(listener_.poll_handle(), nullptr);
  }
  ~SteadyLoad() {
    for (const auto& producer : producers_) ::close(producer.socket);
    ::close(poll_);
  }
  SteadyLoad(const SteadyLoad&) = delete;
  SteadyLoad& operator=(const SteadyLoad&) = delete;

  /// A task's time begins when it is due, also when no producer was free then.
  void run(Latencies& latencies) {
    latencies_ = &latencies;
    start_ = Clock::now();
    while (completed_ < kWarmUp + kTimed) {
      const auto now = Clock::now();
      require(now - start_ < kPatience, fmt::format("{} tasks were heard of", completed_));
      while (begun_ < kWarmUp + kTimed && !idle_.empty() && due(begun_) <= now) send();
      wait(begun_ < kWarmUp + kTimed && !idle_.empty() ? due(begun_) - now : std::chrono::milliseconds(100));
    }
  }

 private:
  struct Producer {
    int socket = -1;
    std::size_t number = 0;  ///< of the task that it has sent
    std::string received;
  };

  void watch(int handle, Producer* producer) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = producer;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, handle, &event);
  }

  Clock::time_point due(std::size_t number) const {
    return start_ + number * std::chrono::nanoseconds(std::chrono::seconds(1)) / kPerSecond;
  }

  void send() {
    auto& producer = *idle_.front();
    idle_.pop_front();
    producer.number = begun_++;
    require(::send(producer.socket, request_.data(), request_.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(request_.size()),
            "a request cannot be sent");
  }

  void wait(Clock::duration patience) {
    const auto nanoseconds = std::chrono::nanoseconds(patience).count();
    const timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    epoll_event events[kEventsAtOnce];
    const int ready = ::epoll_pwait2(poll_, events, kEventsAtOnce, &limit, nullptr);
    for (int i = 0; i < ready; ++i) {
      if (events[i].data.ptr != nullptr)
        receive(*static_cast<Producer*>(events[i].data.ptr));
      else
        listener_.read(std::chrono::milliseconds(0), [this](std::string_view frame) { hear(frame); });
    }
  }

  void receive(Producer& producer) {
    const auto got = ::read(producer.socket, piece_.data(), piece_.size());
    require(got > 0, "the server closes a connection under load");
    producer.received.append(piece_.data(), static_cast<std::size_t>(got));
    const auto end = answer_end(producer.received);
    if (end.size == 0) return;
    require(end.status == 201, "a task is refused: " + producer.received);
    settle(id_in(producer.received), due(producer.number), &Task::begun);
    producer.received.clear();
    idle_.push_back(&producer);
  }

  void hear(std::string_view frame) {
    if (frame.find(mark_) == std::string_view::npos) return;
    settle(id_in(frame), Clock::now(), &Task::heard);
  }

  /// The answer and the completion come in any order.
  struct Task {
    Clock::time_point begun;
    Clock::time_point heard;
  };
  void settle(const std::string& id, Clock::time_point time, Clock::time_point Task::*field) {
    auto& task = sent_[id];
    if (task.*field != Clock::time_point()) return;
    task.*field = time;
    if (task.begun == Clock::time_point() || task.heard == Clock::time_point()) return;
    if (task.begun >= due(kWarmUp)) latencies_->add(task.heard - task.begun);
    ++completed_;
  }

  static std::string id_in(std::string_view text) {
    const auto at = text.find("tsk_");
    require(at != std::string_view::npos && at + kIdSize <= text.size(), "no task in what the server says");
    return std::string(text.substr(at, kIdSize));
  }

  const std::string_view mark_;
  const std::string request_;
  Subscribers listener_;
  int poll_;
  std::vector<Producer> producers_;
  std::deque<Producer*> idle_;
  std::unordered_map<std::string, Task> sent_;
  std::string piece_;
  Clock::time_point start_;
  std::size_t begun_ = 0;
  std::size_t completed_ = 0;
  Latencies* latencies_ = nullptr;
};

void measure(Bench& bench, const Stream& stream) {
  TaskSite site(bench.options);
  const auto model = site.add_model("steady", true, kSlots);
  Latencies latencies(kTimed);
  const auto cpu = site.server().cpu_seconds();
  SteadyLoad(site.server().port(), stream, task_request(model)).run(latencies);
  Figure figure{"task_latency." + std::string(stream.name), kPerSecond, "tasks/s", latencies.count(), {}, {}};
  figure.cpu_us = (site.server().cpu_seconds() - cpu) / (kWarmUp + kTimed) * 1e6;
  bench.report.add(std::move(figure), latencies);
}

}  // namespace

void measure_task_latency(Bench& bench) {
  bench.rest();
  for (const auto& stream : kStreams) measure(bench, stream);
}

}  // namespace hub::bench
