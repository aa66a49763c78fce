#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <thread>

#include "ops/bench/bench.hpp"
#include "ops/bench/http_client.hpp"
#include "ops/bench/live_load.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kLatencySubscribers = 1'000;
constexpr std::size_t kLatencyChanges = 200;
constexpr std::size_t kLatencyPerSecond = 25;
constexpr std::size_t kChangeConnections = 16;
constexpr std::size_t kFanOutSeconds = 5;
constexpr std::chrono::seconds kArrivalPatience{60};
constexpr std::string_view kPrice = "\"price_usd_micro_per_hour\":";
constexpr std::string_view kEventFrame = "\"type\":\"event\"";

/// The price that a frame tells, by which a change is known again. Each change has its own, from 1.
std::optional<std::size_t> price_in(std::string_view frame) {
  if (frame.find(kEventFrame) == std::string_view::npos) return std::nullopt;
  const auto at = frame.find(kPrice);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t price = 0;
  std::from_chars(frame.data() + at + kPrice.size(), frame.data() + frame.size(), price);
  return price;
}

/// Changes one deployment's price at a fixed rate, on a thread of its own. Several connections take turns, so that an
/// answer that comes late does not hold up the next change.
class Changer {
 public:
  Changer(std::uint16_t port, std::string id, std::size_t changes, std::size_t per_second)
      : sent_(changes + 1), thread_([=, this] { run(port, "/api/v1/deployments/" + id, changes, per_second); }) {}
  ~Changer() { thread_.join(); }
  Changer(const Changer&) = delete;
  Changer& operator=(const Changer&) = delete;

  /// When the request with this price left.
  Clock::time_point sent(std::size_t price) const { return Clock::time_point(Clock::duration(sent_.at(price).load())); }

 private:
  void run(std::uint16_t port, const std::string& target, std::size_t changes, std::size_t per_second) {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (std::size_t i = 0; i < kChangeConnections; ++i) clients.push_back(std::make_unique<HttpClient>(port));
    const auto start = Clock::now();
    for (std::size_t price = 1; price <= changes + kChangeConnections; ++price) {
      auto& client = *clients[price % kChangeConnections];
      if (price > kChangeConnections) {
        const auto answer = client.receive();
        require(answer.status == 200, "a change is refused: " + answer.body);
      }
      if (price > changes) continue;
      std::this_thread::sleep_until(start + std::chrono::microseconds(price * 1'000'000 / per_second));
      sent_[price] = Clock::now().time_since_epoch().count();
      client.send("PATCH", target, fmt::format("{{\"price_usd_micro_per_hour\":{}}}", price));
    }
  }

  std::vector<std::atomic<Clock::rep>> sent_;
  std::thread thread_;
};

/// A server with one deployment.
struct LiveSite {
  explicit LiveSite(const Options& options) : site(options.binary, options.folder, 1) {}
  std::uint16_t port() { return site.server().port(); }
  Site site;
};

void measure_fan_out_of(Bench& bench, std::size_t subscribers, std::size_t per_second) {
  LiveSite live(bench.options);
  const auto changes = per_second * kFanOutSeconds;
  const auto wanted = subscribers * changes;
  std::size_t received = 0;
  std::size_t bytes = 0;
  Subscribers sockets(live.port(), subscribers, "events");
  const auto cpu = live.site.server().cpu_seconds();
  const auto start = Clock::now();
  {
    const Changer changer(live.port(), id_of(0), changes, per_second);
    while (received < wanted && Clock::now() - start < kArrivalPatience)
      sockets.read(std::chrono::milliseconds(100), [&](std::string_view frame) {
        if (frame.find(kEventFrame) == std::string_view::npos) return;
        ++received;
        bytes += frame.size();
      });
  }
  require(received == wanted, fmt::format("{} of {} messages came", received, wanted));
  const auto name = fmt::format("{}x{}", subscribers, per_second);
  const auto messages = static_cast<double>(received);
  const auto used = live.site.server().cpu_seconds() - cpu;
  bench.report.add({"live_fan_out." + name, used / messages * 1e6, "CPU-s/1M", received, {}, {}});
  bench.report.add({"live_rate." + name, messages / seconds_since(start), "1/s", received, {}, {}});
  bench.report.add({"live_size." + name, static_cast<double>(bytes) / messages, "B", received, {}, {}});
}

}  // namespace

void measure_live_latency(Bench& bench) {
  bench.rest();
  LiveSite live(bench.options);
  Subscribers sockets(live.port(), kLatencySubscribers, "deployments");
  const auto wanted = kLatencySubscribers * kLatencyChanges;
  Latencies latencies(wanted);
  const auto start = Clock::now();
  {
    const Changer changer(live.port(), id_of(0), kLatencyChanges, kLatencyPerSecond);
    while (latencies.count() < wanted && Clock::now() - start < kArrivalPatience)
      sockets.read(std::chrono::milliseconds(100), [&](std::string_view frame) {
        if (const auto price = price_in(frame)) latencies.add(Clock::now() - changer.sent(*price));
      });
  }
  require(latencies.count() == wanted, fmt::format("{} of {} frames came", latencies.count(), wanted));
  bench.report.add({"live_latency", latencies.percentile_ms(0.5), "ms", wanted, {}, {}}, latencies);
}

void measure_live_fan_out(Bench& bench) {
  bench.rest();
  measure_fan_out_of(bench, 1'000, 100);
  measure_fan_out_of(bench, 5'000, 100);
}

}  // namespace hub::bench
