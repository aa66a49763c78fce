#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/http/server.hpp"
#include "gateway/live/hub.hpp"

namespace hub::testing {

/// A stream of numbers for tests: "counters/{name}" counts from 1, with everything kept, and its snapshot is the sum of
/// all numbers so far. A name that starts with "secret" may only be watched by principals with a role in "secret".
class Counters : public live::StreamSource {
 public:
  explicit Counters(live::Hub& hub) : hub_(hub) {}

  /// The next number. First it can be seen, then it is published.
  void count(const std::string& name, const std::string& project = {}, const std::string& coalesce_key = {},
             const std::string& padding = {});
  /// Numbers before `first` are no longer kept.
  void forget_before(std::uint64_t first) { first_kept_ = first; }
  /// Called within open() of a stream, with the stream's state not locked.
  std::function<void()> while_opening;
  /// So many calls of authorise() find nothing.
  std::atomic<int> refusals{0};
  /// Waits, at most 10 s, until so many streams are watched.
  bool wait_for_watched(std::size_t count);
  std::vector<std::string> told();

  Result<void> authorise(const accounts::Principal& principal, std::string_view name) override;
  Result<live::Opening> open(std::string_view name, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override;
  void opened(std::string_view name) override;
  void closed(std::string_view name) override;

  static constexpr std::uint64_t kIncarnation = 7;

 private:
  live::Hub& hub_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<std::string>, std::less<>> numbers_;  // data of each number
  std::uint64_t first_kept_ = 1;
  std::size_t watched_ = 0;
  std::vector<std::string> told_;
};

/// A server with /api/v1/live and the stream "counters/{name}". Tokens: "good-token" (user:test), "other-token"
/// (user:other, role in "secret" only).
class LiveSite {
 public:
  explicit LiveSite(live::HubOptions options = {}, http::ServerOptions server_options = {});
  ~LiveSite();

  std::uint16_t port() const { return server_->port(); }
  live::Hub& hub() { return *hub_; }
  Counters& counters() { return *counters_; }
  http::Server& server() { return *server_; }

 private:
  std::unique_ptr<live::Hub> hub_;
  std::shared_ptr<Counters> counters_;
  std::unique_ptr<http::Server> server_;
};

std::shared_ptr<const accounts::Principal> principal_of(std::string_view token);

}  // namespace hub::testing
