#include "gateway/server/http_watch.hpp"

#include <algorithm>

#include "events/core/logging.hpp"

namespace hub::server {
namespace {

constexpr std::string_view kOther = "other";

std::size_t set_of_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

std::string_view name_of(http::Verb verb) {
  return beast::http::to_string(verb);
}

logging::Level level_of(const http::Observation& seen) {
  using logging::Level;
  if (seen.status >= 500) return Level::error;
  if (seen.status == 401 || seen.status == 403) return Level::warning;
  const auto method = seen.request.method;
  const bool reads = method == http::Verb::get || method == http::Verb::head || method == http::Verb::options;
  return reads && seen.status < 400 ? Level::debug : Level::info;
}

}  // namespace

struct HttpWatch::Counters {
  std::array<std::atomic<std::uint64_t>, kClasses> requests{};
  MicrosHistogram durations{kMicrosBounds};
  std::atomic<std::uint64_t> bytes{0};
};

HttpWatch::HttpWatch(const http::Router& router) {
  const auto all = router.routes();
  names_.resize(all.size() + 1);
  for (const auto* route : all) {
    names_[route->number].method = name_of(route->verb);
    names_[route->number].pattern = route->pattern;
  }
  for (auto& set : sets_) set = std::make_unique<Counters[]>(names_.size());
}

HttpWatch::~HttpWatch() = default;

void HttpWatch::observe(const http::Observation& seen) {
  auto& counters = sets_[set_of_thread() % kSets][std::min(seen.request.route_number, names_.size() - 1)];
  const auto status_class = std::clamp(seen.status / 100, 1U, static_cast<unsigned>(kClasses));
  counters.requests[status_class - 1].fetch_add(1, std::memory_order_relaxed);
  counters.durations.observe(static_cast<std::uint64_t>(seen.duration.count()) / 1'000);
  counters.bytes.fetch_add(seen.bytes_sent, std::memory_order_relaxed);
  if (!seen.code.empty()) count_refusal(seen.status, seen.code);
  log_request(seen);
}

void HttpWatch::count_refusal(unsigned status, std::string_view code) {
  const std::lock_guard lock(refusing_);
  auto key = std::make_pair(status, std::string(code));
  if (const auto found = refusals_.find(key); found != refusals_.end()) {
    ++found->second;
    return;
  }
  if (refusals_.size() >= kCodesMax) key = {status, std::string(kOther)};
  ++refusals_[key];
}

std::vector<HttpWatch::RouteFigures> HttpWatch::routes() const {
  auto all = names_;
  for (std::size_t route = 0; route < all.size(); ++route)
    for (const auto& set : sets_) {
      const auto& counters = set[route];
      for (std::size_t i = 0; i < kClasses; ++i) all[route].requests[i] += counters.requests[i].load();
      for (std::size_t i = 0; i < all[route].durations.size(); ++i)
        all[route].durations[i] += counters.durations.count(i);
      all[route].micros_sum += counters.durations.sum();
      all[route].bytes += counters.bytes.load();
    }
  return all;
}

HttpWatch::Refusals HttpWatch::refusals() const {
  const std::lock_guard lock(refusing_);
  return refusals_;
}

void log_request(const http::Observation& seen) {
  const auto level = level_of(seen);
  if (!logging::wants(level)) return;
  const auto& request = seen.request;
  const std::string_view caller = request.principal ? std::string_view(request.principal->id) : std::string_view();
  const auto remote = request.remote.to_string();
  const double millis = static_cast<double>(seen.duration.count()) / 1e6;
  const auto method = name_of(request.method);
  if (seen.code.empty()) {
    logging::write(level, "request",
                   {{"request_id", request.id},
                    {"method", method},
                    {"route", request.route},
                    {"status", seen.status},
                    {"ms", millis},
                    {"caller", caller},
                    {"remote", remote}});
    return;
  }
  logging::write(level, "request",
                 {{"request_id", request.id},
                  {"method", method},
                  {"route", request.route},
                  {"status", seen.status},
                  {"code", seen.code},
                  {"ms", millis},
                  {"caller", caller},
                  {"remote", remote}});
}

}  // namespace hub::server
