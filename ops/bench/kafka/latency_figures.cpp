#include <atomic>
#include <mutex>
#include <thread>

#include "actors/engine/command_post.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/kafka/node.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kWarmUp = 3'000;
constexpr std::size_t kTimed = 20'000;
constexpr std::chrono::microseconds kBetween{1'000};
constexpr std::chrono::seconds kPatience{30};

/// Sends commands at a steady pace, whatever comes back, and notes how long each took from when it was to be sent.
class Pacer {
 public:
  explicit Pacer(engine::Engine& engine) : engine_(engine), latencies_(kTimed) {}

  void run() {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < kWarmUp + kTimed; ++i) {
      const auto due = start + i * kBetween;
      std::this_thread::sleep_until(due);
      const bool timed = i >= kWarmUp;
      const auto sent = engine_.submit(engine::input_of(count_command(i, 1)), [this, due, timed](const engine::Reply& reply) {
        require(!reply.refusal && !reply.pending, "a command is refused, or not decided in time");
        answered(Clock::now() - due, timed);
      });
      require(sent.has_value(), "a command is not taken");
    }
    const auto until = Clock::now() + kPatience;
    while (answers_ < kWarmUp + kTimed) {
      require(Clock::now() < until, "not every command is answered");
      std::this_thread::sleep_for(kBetween);
    }
  }
  Latencies& latencies() { return latencies_; }

 private:
  void answered(Clock::duration took, bool timed) {
    if (timed) {
      const std::lock_guard lock(mutex_);
      latencies_.add(took);
    }
    ++answers_;
  }

  engine::Engine& engine_;
  std::mutex mutex_;
  Latencies latencies_;
  std::atomic<std::size_t> answers_{0};
};

}  // namespace

void measure_kafka_latency(Bench& bench) {
  const Namespace there(bench.options.kafka);
  lay_commands(there, 1, 1);
  Node node(there, bench.options.folder, "bench");
  node.start();
  node.wait_for(1);
  Pacer pacer(node.engine());
  const auto cpu = own_cpu_seconds();
  pacer.run();
  Figure figure{"kafka_latency", 1e6 / static_cast<double>(kBetween.count()), "commands/s", kTimed, {}, {}};
  figure.cpu_us = (own_cpu_seconds() - cpu) / static_cast<double>(kWarmUp + kTimed) * 1e6;
  bench.report.add(std::move(figure), pacer.latencies());
  const auto& transactions = node.figures().transactions;
  std::size_t count = 0;
  for (std::size_t range = 0; range <= transactions.bounds.size(); ++range) count += transactions.count(range);
  bench.report.add({"kafka_transaction",
                    static_cast<double>(transactions.sum()) / 1e3 / static_cast<double>(count),
                    "ms on average",
                    count,
                    {},
                    {}});
}

}  // namespace hub::bench
