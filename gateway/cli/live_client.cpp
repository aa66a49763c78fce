#include "gateway/cli/live_client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <csignal>
#include <optional>

#include "events/core/json.hpp"
#include "gateway/cli/dial.hpp"
#include "gateway/cli/exit_code.hpp"
#include "gateway/cli/http_client.hpp"
#include "gateway/cli/json_view.hpp"

namespace hub::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using PlainSocket = websocket::stream<beast::tcp_stream>;
using TlsSocket = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

constexpr auto kHandshakeTimeout = std::chrono::seconds(10);
constexpr auto kIdleTimeout = std::chrono::seconds(30);
constexpr std::size_t kFrameBytesMax = std::size_t{64} << 20U;
constexpr const char* kPath = "/api/v1/live";

std::chrono::microseconds chrono_of(Duration span) {
  return std::chrono::microseconds(span.micros);
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// A refused subscription has a code and no status.
Failure subscription_failure(const std::string& code, const std::string& detail) {
  Failure failure = conflict(code, detail);
  if (ends_with(code, "not_found") || ends_with(code, "unknown")) failure.kind = FailureKind::not_found;
  if (ends_with(code, "forbidden")) failure.kind = FailureKind::forbidden;
  return failure;
}

class Follower {
 public:
  Follower(const Endpoint& endpoint, std::vector<LiveStream> streams,
           const std::function<Next(const LiveFrame&)>& on_frame, const LiveOptions& options)
      : endpoint_(endpoint), streams_(std::move(streams)), on_frame_(on_frame), options_(options) {}

  Result<LiveEnd> run();

 private:
  asio::awaitable<void> connect_again_and_again();
  asio::awaitable<void> connect_and_read();
  template <class Socket>
  asio::awaitable<void> read_frames(Socket& socket);
  template <class Socket>
  asio::awaitable<bool> shake_hands(Socket& socket);
  template <class Socket>
  asio::awaitable<void> subscribe(Socket& socket);

  /// False when the socket is of no more use.
  bool take(std::string_view message);
  bool take_frame(const boost::json::value& message, const std::string& type);
  void obey(Next next);
  void end(LiveEnd how);
  void fail(Failure failure);
  bool is_over() const { return ended_.has_value() || failure_.has_value(); }

  const Endpoint& endpoint_;
  std::vector<LiveStream> streams_;
  const std::function<Next(const LiveFrame&)>& on_frame_;
  const LiveOptions& options_;

  asio::ssl::context tls_{asio::ssl::context::tls_client};
  asio::io_context io_{1};
  asio::steady_timer quiet_{io_};
  asio::steady_timer pause_{io_};
  std::optional<LiveEnd> ended_;
  std::optional<Failure> failure_;
  bool was_connected_ = false;
  std::chrono::steady_clock::time_point last_connected_{};
  Duration backoff_;
};

extern "C" void exit_in_peace(int) {
  ::_exit(0);
}

Result<LiveEnd> Follower::run() {
  backoff_ = options_.backoff_initial;
  was_connected_ = options_.was_connected;
  last_connected_ = std::chrono::steady_clock::now();
  asio::signal_set signals(io_, SIGINT, SIGTERM);
  signals.async_wait([this](error_code error, int) {
    if (!error) end(LiveEnd::interrupted);
  });
  asio::co_spawn(io_, connect_again_and_again(), asio::detached);
  io_.run();
  if (failure_) return *failure_;
  HUB_ASSERT(ended_.has_value());
  return *ended_;
}

asio::awaitable<void> Follower::connect_again_and_again() {
  while (!is_over()) {
    std::string reason;
    try {
      co_await connect_and_read();
      reason = "the server closed the connection";
    } catch (const boost::system::system_error& error) {
      reason = error.code().message();
    }
    if (is_over()) co_return;
    const auto now = std::chrono::steady_clock::now();
    if (!was_connected_)
      co_return fail(unreachable(
          fmt::format("no server answers at {} (from {}): {}", endpoint_.url(), endpoint_.url_source, reason)));
    if (now - last_connected_ > chrono_of(options_.give_up_after))
      co_return fail(
          unreachable(fmt::format("{} did not come back within {}", endpoint_.url(), to_text(options_.give_up_after))));
    options_.on_cut(reason);
    pause_.expires_after(chrono_of(backoff_));
    co_await pause_.async_wait(asio::use_awaitable);
    backoff_ = std::min(Duration{backoff_.micros * 2}, options_.backoff_max);
  }
}

asio::awaitable<void> Follower::connect_and_read() {
  if (!endpoint_.tls()) {
    PlainSocket socket(io_);
    co_await dial(beast::get_lowest_layer(socket), endpoint_);
    co_await read_frames(socket);
    co_return;
  }
  trust(tls_, endpoint_);
  TlsSocket socket(io_, tls_);
  co_await dial(beast::get_lowest_layer(socket), endpoint_);
  co_await shake_tls(socket.next_layer(), endpoint_);
  co_await read_frames(socket);
}

template <class Socket>
asio::awaitable<bool> Follower::shake_hands(Socket& socket) {
  beast::get_lowest_layer(socket).expires_never();
  websocket::stream_base::timeout timeouts{kHandshakeTimeout, kIdleTimeout, true};
  socket.set_option(timeouts);
  socket.read_message_max(kFrameBytesMax);
  socket.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    request.set(beast::http::field::user_agent, "computehub/" HUB_VERSION);
    if (!endpoint_.token.empty()) request.set(beast::http::field::authorization, "Bearer " + endpoint_.token);
  }));
  websocket::response_type answer;
  error_code error;
  co_await socket.async_handshake(answer, endpoint_.authority(), endpoint_.base_path + kPath,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error == websocket::error::upgrade_declined) {
    const auto status = static_cast<int>(answer.result_int());
    // A server that comes up or is full is as good as none: it is tried again, once there was a connection.
    if (status < 500 && status != 429) {
      fail(failure_of({status, answer.body(), {}, {}, {}}));
      co_return false;
    }
  }
  if (error) throw boost::system::system_error(error);
  co_return true;
}

template <class Socket>
asio::awaitable<void> Follower::subscribe(Socket& socket) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto message = fmt::format(R"({{"type":"subscribe","id":{},"stream":{})", i + 1, json_string(streams_[i].name));
    if (!streams_[i].after.empty()) message += ",\"after\":" + json_string(streams_[i].after);
    message += '}';
    co_await socket.async_write(asio::buffer(message), asio::use_awaitable);
  }
}

template <class Socket>
asio::awaitable<void> Follower::read_frames(Socket& socket) {
  if (!co_await shake_hands(socket)) co_return;
  was_connected_ = true;
  co_await subscribe(socket);
  beast::flat_buffer buffer;
  while (!is_over()) {
    last_connected_ = std::chrono::steady_clock::now();
    co_await socket.async_read(buffer, asio::use_awaitable);
    const auto bytes = buffer.cdata();
    if (!take({static_cast<const char*>(bytes.data()), bytes.size()})) co_return;
    buffer.consume(buffer.size());
  }
}

bool Follower::take(std::string_view bytes) {
  error_code error;
  const auto message = boost::json::parse(bytes, error);
  if (error || !message.is_object()) {
    fail(internal_failure(kCodeAnswer, "the server sent a live message that is no JSON object"));
    return false;
  }
  const auto type = text_at(message, "type");
  if (type == "error") {
    fail(subscription_failure(text_at(message, "code"), text_at(message, "detail")));
    return false;
  }
  return take_frame(message, type);
}

bool Follower::take_frame(const boost::json::value& message, const std::string& type) {
  const auto name = text_at(message, "stream");
  const auto stream = std::find_if(streams_.begin(), streams_.end(), [&](const auto& one) { return one.name == name; });
  // pong, or a kind of a newer server
  if (stream == streams_.end()) return true;
  const auto cursor = text_at(message, "cursor");
  if (type == "subscribed" || type == "snapshot" || type == "event") {
    LiveFrame frame{type, name, cursor, value_at(message, "recovered") == true, value_at(message, "data")};
    backoff_ = options_.backoff_initial;
    obey(on_frame_(frame));
  }
  // Only now: a frame counts as seen when its reader is done with it.
  if (!cursor.empty()) stream->after = cursor;
  // A closed stream is taken up again on a new socket; if the right is gone, the server says so there.
  return type != "closed";
}

void Follower::obey(Next next) {
  quiet_.cancel();
  if (next == Next::stop) return end(LiveEnd::stopped);
  if (next == Next::go_on) return;
  quiet_.expires_after(chrono_of(options_.quiet));
  quiet_.async_wait([this](error_code error) {
    if (!error) end(LiveEnd::stopped);
  });
}

void Follower::end(LiveEnd how) {
  if (!is_over()) ended_ = how;
  io_.stop();
}

void Follower::fail(Failure failure) {
  if (!is_over()) failure_ = std::move(failure);
  io_.stop();
}

}  // namespace

void end_on_interrupt() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, exit_in_peace);
}

Result<LiveEnd> follow_live(const Endpoint& endpoint, std::vector<LiveStream> streams,
                            const std::function<Next(const LiveFrame&)>& on_frame, const LiveOptions& options) {
  return Follower(endpoint, std::move(streams), on_frame, options).run();
}

}  // namespace hub::cli
