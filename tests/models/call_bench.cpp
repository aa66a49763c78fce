// What a call costs beside its endpoint: calls with `window` in flight on one thread of a Caller, to a server on
// loopback that answers at once.
//   call_bench [calls] [in flight] [streamed]
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "tests/models/calling.hpp"

namespace hub::calls::testing {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class Load : public Sink, public std::enable_shared_from_this<Load> {
 public:
  Load(Caller& caller, Request request, int calls) : caller_(caller), request_(std::move(request)), left_(calls) {}

  void on_piece(std::string_view) override {}
  void on_end(Outcome outcome) override {
    const std::lock_guard lock(mutex_);
    HUB_ASSERT(outcome.kind == OutcomeKind::completed);
    took_.push_back(outcome.ended.micros - outcome.started.micros);
    caller_cpu_ = thread_cpu_seconds();
    --under_way_;
    if (left_ > 0)
      start_one();
    else if (under_way_ == 0)
      done_.notify_all();
  }

  void run(int window) {
    std::unique_lock lock(mutex_);
    for (int i = 0; i < window && left_ > 0; ++i) start_one();
    done_.wait(lock, [this] { return left_ == 0 && under_way_ == 0; });
    std::sort(took_.begin(), took_.end());
  }
  std::int64_t took_us(double share) const {
    return took_[static_cast<std::size_t>(share * (static_cast<double>(took_.size()) - 1))];
  }
  double caller_cpu() const { return caller_cpu_; }

 private:
  void start_one() {
    --left_;
    ++under_way_;
    caller_.start(request_, seconds(60), shared_from_this());
  }

  Caller& caller_;
  Request request_;
  int left_;
  int under_way_ = 0;
  double caller_cpu_ = 0;
  std::vector<std::int64_t> took_;
  std::mutex mutex_;
  std::condition_variable done_;
};

void measure(int calls, int window, bool streamed) {
  const auto events =
      text_event("one") + text_event(" two") + finish_event("stop") + usage_event(5, 2) + "data: [DONE]\n\n";
  Endpoint endpoint([&](const Received&) {
    return streamed ? answer("200 OK", "text/event-stream", events)
                    : json_answer(R"({"choices":[{"message":{"content":"ok"},"finish_reason":"stop"}]})");
  });
  Caller caller(options_for_tests());
  const auto load = std::make_shared<Load>(caller, chat_to(endpoint.url()), calls);
  const auto cpu = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  load->run(window);
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf(
      "%d calls, %d in flight, %s: %.0f calls/s, %.1f us of the caller's CPU a call (%.1f with the server), "
      "p50 %lld us, p99 %lld us, %d connections\n",
      calls, window, streamed ? "streamed" : "whole", calls / took, load->caller_cpu() * 1e6 / calls,
      (cpu_seconds() - cpu) * 1e6 / calls, static_cast<long long>(load->took_us(0.5)),
      static_cast<long long>(load->took_us(0.99)), endpoint.accepted.load());
}

}  // namespace
}  // namespace hub::calls::testing

int main(int count, char** arguments) {
  const int calls = count > 1 ? std::atoi(arguments[1]) : 20'000;
  const int window = count > 2 ? std::atoi(arguments[2]) : 64;
  hub::calls::testing::measure(calls, window, count > 3);
  return 0;
}
