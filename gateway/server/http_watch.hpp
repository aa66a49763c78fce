#pragma once
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "events/core/histogram.hpp"
#include "gateway/http/limits.hpp"
#include "gateway/http/router.hpp"

namespace hub::server {

/// Sees each answered request: counts it by route, counts refusals by code, and writes its line of the log. The counts
/// of a request cost four relaxed additions into memory that few threads share.
class HttpWatch {
 public:
  /// Status classes 1xx to 5xx.
  static constexpr std::size_t kClasses = 5;
  /// Codes that are counted by name; what comes beyond is counted as "other".
  static constexpr std::size_t kCodesMax = 256;

  struct RouteFigures {
    std::string method;  ///< empty for what matched no route
    std::string pattern;
    std::array<std::uint64_t, kClasses> requests{};
    std::array<std::uint64_t, kMicrosBounds.size() + 1> durations{};
    std::uint64_t micros_sum = 0;
    std::uint64_t bytes = 0;
  };
  using Refusals = std::map<std::pair<unsigned, std::string>, std::uint64_t>;  ///< by status and code

  explicit HttpWatch(const http::Router& router);
  ~HttpWatch();

  /// On any io thread.
  void observe(const http::Observation& seen);
  /// A refusal that is no answer of its own: an item of a batch, a subscription, what belongs to others.
  void count_refusal(unsigned status, std::string_view code);

  std::vector<RouteFigures> routes() const;
  Refusals refusals() const;

 private:
  struct Counters;
  /// Threads are dealt out over so many sets of counters.
  static constexpr std::size_t kSets = 8;

  std::vector<RouteFigures> names_;
  std::array<std::unique_ptr<Counters[]>, kSets> sets_;
  mutable std::mutex refusing_;
  Refusals refusals_;
};

/// Writes the line of one request: debug for what was read, info for what was written or refused, warning for a refusal
/// of access, error for what failed here. Never the target: what people type there by mistake may be a token.
void log_request(const http::Observation& seen);

}  // namespace hub::server
