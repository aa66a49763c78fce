#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/models/outbound_guard.hpp"
#include "adapters/models/outcome.hpp"
#include "adapters/models/request.hpp"
#include "events/core/instant.hpp"

namespace hub::calls {

/// Of one answer's body, streamed or whole.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{16} << 20U;
/// Of all header lines of one answer, interim answers and trailers too.
inline constexpr std::size_t kAnswerHeaderBytesMax = std::size_t{64} << 10U;
/// How long a stream that said it is done may take to end before its connection is given up.
inline constexpr Duration kDoneGrace = milliseconds(500);

class CallWorker;

/// Who is told of a call. Called on a thread of the Caller: must not block and must not throw; may start and abort
/// calls.
class Sink {
 public:
  virtual ~Sink() = default;
  /// More of the first choice's text. Only of chats that stream; together they are the result's text.
  virtual void on_piece(std::string_view text) = 0;
  /// One chunk of a stream as it came: JSON, without the framing and without [DONE].
  virtual void on_chunk(std::string_view /*json*/) {}
  /// Exactly once, behind all others, also at abort() and stop().
  virtual void on_end(Outcome outcome) = 0;
};

struct CallerOptions {
  std::size_t threads = 1;  ///< each carries thousands of calls
  OutboundGuard guard;
  /// "http://host:port", "socks5h://host:port"; empty: none, whatever the environment says. All calls go through it,
  /// and what a name resolves to is then its matter: only literal addresses are refused here.
  std::string proxy;
  std::string ca_file;                     ///< PEM; empty: the system's
  Duration connect_timeout = seconds(5);   ///< name, connection and TLS
  std::size_t calls_max = 10'000;          ///< under way at once, all threads; the next one fails `call.too_many_calls`
  std::size_t idle_connections_max = 256;  ///< kept open for reuse, each thread
  std::size_t answer_bytes_max = kAnswerBytesMax;
};

/// Carries out HTTP calls on few threads of its own (libcurl's multi interface on epoll). Redirects are never followed,
/// TLS is verified, and no address is connected to that the guard refuses.
class Caller {
 public:
  using CallId = std::uint64_t;

  explicit Caller(CallerOptions options);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  /// Begins a call; `timeout` is for all of it, from here to the answer's last byte, and > 0. Any thread; never waits.
  /// After stop() the call is told as aborted, on this thread.
  CallId start(Request request, Duration timeout, std::shared_ptr<Sink> sink);
  /// Closes the call's connection; it ends as aborted, or as what it had ended as just before. Any thread; an id that
  /// is over is passed by.
  void abort(CallId id);
  /// Aborts what is under way and returns when every call has ended. Twice is once.
  void stop();

  /// Calls that have not ended.
  std::size_t under_way() const { return under_way_; }

 private:
  std::size_t calls_max_;
  std::size_t answer_bytes_max_;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<CallId> last_id_{0};
  std::vector<std::unique_ptr<CallWorker>> workers_;
};

}  // namespace hub::calls
