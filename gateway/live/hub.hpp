#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/http/guard.hpp"
#include "gateway/http/router.hpp"
#include "gateway/live/source.hpp"

namespace hub::live {

using std::chrono::milliseconds;

struct HubOptions {
  std::size_t queue_bytes_max = 4 * 1024 * 1024;  ///< unsent bytes of one socket; beyond: closed slow_consumer
  std::size_t coalesce_from = 256 * 1024;     ///< unsent bytes from which frames with a coalesce key replace older ones
  std::size_t subscriptions_max = 1'000;      ///< of one socket; beyond: error live.too_many_subscriptions
  std::size_t message_bytes_max = 64 * 1024;  ///< from a client; beyond: close 1009
  unsigned messages_per_second = 200;         ///< from one client, lasting; beyond: error live.too_fast, close 1008
  unsigned messages_burst = 4'000;            ///< and at once
  milliseconds idle_timeout{60'000};  ///< a client that is silent, pings unanswered, is cut off; pinged at half of it
  milliseconds close_timeout{2'000};  ///< for the client's half of the closing handshake
  unsigned threads = 2;               ///< on which the sources are called
  /// The server's own check. When it is given, a token is looked at once more when its socket is known to the hub, so
  /// that a right which goes during the handshake is not missed.
  http::Authenticate authenticate;
  http::Authenticate authenticate_session{};  ///< the same for what a session's cookie holds
  /// Calls `told` on any thread when this server knows all that was written by the time of the call of what the stream
  /// is about, by any server, or with why it cannot. Asked before a subscription is refused as not found or forbidden,
  /// which is then tried once more. Empty: no other server writes.
  std::function<void(const accounts::Principal&, std::string_view stream, std::function<void(Result<void>)> told)>
      catch_up;
  /// How old what the streams tell may be, in seconds, beyond ordinary times; said with each pong. Any thread; empty:
  /// 0.
  std::function<std::int64_t()> age_seconds;
  /// Told of each subscription that a source refused. On an io thread; empty: nobody is told.
  std::function<void(const accounts::Principal&, std::string_view stream, const Failure&)> refused;
};

struct HubMetrics {
  std::uint64_t sockets = 0;           ///< now
  std::uint64_t subscriptions = 0;     ///< now
  std::uint64_t frames_published = 0;  ///< to streams that were watched
  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t frames_coalesced = 0;  ///< replaced by a later one before they were sent
  std::uint64_t streams_dropped = 0;   ///< closed with slow_consumer
  std::uint64_t messages_received = 0;
  std::uint64_t errors_sent = 0;
  std::uint64_t sockets_idle_closed = 0;
};

struct HubState;

/// Live streams over WebSockets: many streams a socket, many sockets a stream. See source.hpp for what it never does:
/// leave a gap, repeat, or turn round. Must outlive the server whose connections it serves.
class Hub {
 public:
  explicit Hub(HubOptions options = {});
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Streams whose names fit `pattern` ("deployments/{id}/logs"). Before the first connection.
  void add_source(std::string pattern, std::shared_ptr<StreamSource> source);
  /// The route for the server's table: GET `pattern` with a token.
  http::Route route(std::string pattern);
  /// Serves one connection until it ends.
  asio::awaitable<void> serve(http::Request& request, http::Upgraded connection);

  /// Any thread; never blocks on clients. The frames of one stream and index come in order, from one thread at a time.
  void publish(std::string_view stream, const Frame& frame);
  /// False: nobody watches, so a frame need not even be made. Look after the change is visible to open(), not before.
  bool watched(std::string_view stream) const;

  /// The principal, or the session, has no rights any more: its streams are closed with auth.revoked, its sockets with
  /// 1008. Any thread; call it behind the moment from which its token is refused.
  void revoke(std::string_view id);
  /// The principal has other rights now: each of its streams is authorised again, and closed with auth.revoked when it
  /// may no longer be watched.
  void reauthorise(PrincipalPtr principal);

  /// Closes every socket with 1001 and takes nothing more. For the server's on_stop; blocks until sources are idle.
  void stop();
  HubMetrics metrics() const;

 private:
  std::shared_ptr<HubState> state_;
};

}  // namespace hub::live
