#include "gateway/agent/agent_client.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdio>
#include <fstream>

#include "events/core/logging.hpp"
#include "gateway/cli/dial.hpp"
#include "gateway/cli/http_client.hpp"
#include "gateway/cli/text.hpp"

namespace hub::agents {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using PlainSocket = websocket::stream<beast::tcp_stream>;
using TlsSocket = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

constexpr std::chrono::milliseconds kBackoffFirst{250};
constexpr std::chrono::milliseconds kBackoffLast{15'000};
/// For the upgrade, and from there to the welcome: the offer of a host waits for its owner.
constexpr std::chrono::seconds kHandshakeTimeout{15};
constexpr std::chrono::milliseconds kFirstHeartbeat{1'000};
/// What the other side does not take. Lines wait until they are kept, so this is never reached by them.
constexpr std::size_t kUnsentBytesMax = std::size_t{32} << 20U;
constexpr std::size_t kTokenBytesMax = 4'096;

/// What no repeating changes: somebody has to give it other words or rights.
bool is_final(const Failure& why, bool was_attached) {
  if (why.code == "host.superseded" || why.code == "host.taken" || why.code == "agent.protocol") return true;
  if (was_attached) return false;
  return why.kind == FailureKind::unauthorised || why.kind == FailureKind::forbidden ||
         why.kind == FailureKind::not_found || why.kind == FailureKind::invalid || why.kind == FailureKind::malformed;
}

}  // namespace

struct AgentClient::Outgoing {
  explicit Outgoing(asio::io_context& io) : wake(io, Clock::time_point::max()) {}

  /// Any thread.
  void push(std::string message) {
    {
      const std::lock_guard lock(mutex);
      if (closed) return;
      bytes += message.size();
      queue.push_back(std::move(message));
      if (bytes > kUnsentBytesMax) closed = true;
    }
    asio::post(wake.get_executor(), [this, self = weak.lock()] { wake.cancel(); });
  }
  std::optional<std::string> pop() {
    const std::lock_guard lock(mutex);
    if (queue.empty()) return std::nullopt;
    auto message = std::move(queue.front());
    queue.pop_front();
    bytes -= message.size();
    return message;
  }
  void close() {
    {
      const std::lock_guard lock(mutex);
      closed = true;
      queue.clear();
    }
    wake.cancel();
  }
  bool is_closed() {
    const std::lock_guard lock(mutex);
    return closed;
  }

  std::weak_ptr<Outgoing> weak;
  asio::steady_timer wake;
  std::mutex mutex;
  std::deque<std::string> queue;
  std::size_t bytes = 0;
  bool closed = false;
};

AgentClient::AgentClient(const cli::AgentOptions& options, Identity& identity, Machine& machine)
    : options_(options),
      identity_(identity),
      machine_(machine),
      random_(std::random_device{}()),
      backoff_(kBackoffFirst) {
  HUB_ASSERT(!options_.servers.empty());
}

Result<void> AgentClient::run() {
  asio::signal_set signals(io_, SIGINT, SIGTERM);
  signals.async_wait([this](error_code error, int signal) {
    if (error) return;
    logging::write(logging::Level::info, "stopping", {{"signal", signal}});
    end({});
  });
  asio::co_spawn(io_, connect_again_and_again(), asio::detached);
  io_.run();
  machine_.cut();
  if (failure_) return *failure_;
  return success();
}

void AgentClient::end(std::optional<Failure> why) {
  if (!over_) failure_ = std::move(why);
  over_ = true;
  io_.stop();
}

/// A half to the whole of what it is now, so that those of one lost server do not all come back at once.
AgentClient::Clock::duration AgentClient::next_pause() {
  std::uniform_real_distribution<double> share(0.5, 1.0);
  const auto pause = std::chrono::duration_cast<Clock::duration>(backoff_ * share(random_));
  backoff_ = std::min<Clock::duration>(backoff_ * 2, kBackoffLast);
  return pause;
}

Result<std::string> AgentClient::token() const {
  if (options_.token_file.empty()) return options_.token;
  std::ifstream file(options_.token_file);
  std::string token;
  if (!std::getline(file, token) || token.empty() || token.size() > kTokenBytesMax)
    return invalid("agent.token_file", "the file of the token cannot be read, or its first line is no token");
  return token;
}

asio::awaitable<void> AgentClient::connect_again_and_again() {
  for (std::size_t turn = 0; !is_over(); ++turn) {
    const auto& endpoint = options_.servers[turn % options_.servers.size()];
    url_ = endpoint.url();
    std::string reason = "the server closed the connection";
    const auto with = token();
    if (!with) {
      refused(with.error());
    } else {
      try {
        co_await connect_once(endpoint, with.value());
      } catch (const boost::system::system_error& error) {
        reason = error.code().message();
      }
    }
    if (is_over()) co_return;
    const bool was = std::exchange(attached_, false);
    machine_.cut();
    const auto pause = next_pause();
    logging::write(logging::Level::warning, was ? "the connection is cut; what runs goes on" : "not attached",
                   {{"server", url_},
                    {"why", reason},
                    {"again_in_ms", std::chrono::duration_cast<std::chrono::milliseconds>(pause).count()}});
    pause_.expires_after(pause);
    co_await pause_.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> AgentClient::connect_once(const cli::Endpoint& endpoint, const std::string& token) {
  if (!endpoint.tls()) {
    const auto socket = std::make_shared<PlainSocket>(io_);
    co_await cli::dial(beast::get_lowest_layer(*socket), endpoint);
    co_await serve(socket, endpoint, token);
    co_return;
  }
  asio::ssl::context tls{asio::ssl::context::tls_client};
  cli::trust(tls, endpoint);
  const auto socket = std::make_shared<TlsSocket>(io_, tls);
  co_await cli::dial(beast::get_lowest_layer(*socket), endpoint);
  co_await cli::shake_tls(socket->next_layer(), endpoint);
  co_await serve(socket, endpoint, token);
}

template <class Socket>
asio::awaitable<bool> AgentClient::shake_hands(Socket& socket, const cli::Endpoint& endpoint,
                                               const std::string& token) {
  beast::get_lowest_layer(socket).expires_never();
  websocket::stream_base::timeout timeouts{kHandshakeTimeout, websocket::stream_base::none(), false};
  socket.set_option(timeouts);
  socket.read_message_max(kGatewayMessageBytesMax);
  socket.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
    request.set(beast::http::field::user_agent, "computehub-agent/" HUB_VERSION);
    if (!token.empty()) request.set(beast::http::field::authorization, "Bearer " + token);
  }));
  websocket::response_type answer;
  error_code error;
  const auto path = endpoint.base_path + "/api/v1/hosts/" + cli::url_encode(options_.name) + "/agent";
  co_await socket.async_handshake(answer, endpoint.authority(), path, asio::redirect_error(asio::use_awaitable, error));
  if (error == websocket::error::upgrade_declined) {
    const auto status = static_cast<int>(answer.result_int());
    refused(cli::failure_of({status, answer.body(), {}, {}, {}}));
    co_return false;
  }
  if (error) throw boost::system::system_error(error);
  co_return true;
}

template <class Socket>
asio::awaitable<void> AgentClient::serve(std::shared_ptr<Socket> socket, cli::Endpoint endpoint, std::string token) {
  if (!co_await shake_hands(*socket, endpoint, token)) co_return;
  const auto first = hello();
  if (!first) co_return end(first.error());
  const auto outgoing = std::make_shared<Outgoing>(io_);
  outgoing->weak = outgoing;
  outgoing->push(encode(FromAgent(first.value())));
  last_heard_ = Clock::now();
  heartbeat_ = kFirstHeartbeat;
  silence_ = kHandshakeTimeout;
  asio::co_spawn(io_, write_queued(socket, outgoing), asio::detached);
  asio::co_spawn(io_, beat(socket, outgoing), asio::detached);
  beast::flat_buffer buffer;
  error_code error;
  while (!is_over() && !outgoing->is_closed()) {
    co_await socket->async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    last_heard_ = Clock::now();
    const auto bytes = buffer.cdata();
    if (!take({static_cast<const char*>(bytes.data()), bytes.size()}, outgoing)) break;
    buffer.consume(buffer.size());
  }
  outgoing->close();
  beast::get_lowest_layer(*socket).close();
  if (error && error != websocket::error::closed) throw boost::system::system_error(error);
}

template <class Socket>
asio::awaitable<void> AgentClient::write_queued(std::shared_ptr<Socket> socket, OutgoingPtr outgoing) {
  error_code error;
  while (!error && !outgoing->is_closed()) {
    const auto message = outgoing->pop();
    if (message) {
      co_await socket->async_write(asio::buffer(*message), asio::redirect_error(asio::use_awaitable, error));
    } else {
      error_code woken;
      co_await outgoing->wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
  }
  outgoing->close();
  beast::get_lowest_layer(*socket).close();
}

/// Lets the other side hear of this one, and cuts the connection when nothing is heard.
template <class Socket>
asio::awaitable<void> AgentClient::beat(std::shared_ptr<Socket> socket, OutgoingPtr outgoing) {
  asio::steady_timer timer(io_);
  while (!outgoing->is_closed()) {
    timer.expires_after(heartbeat_);
    co_await timer.async_wait(asio::use_awaitable);
    if (outgoing->is_closed()) co_return;
    if (Clock::now() - last_heard_ >= silence_) {
      logging::write(logging::Level::warning, "nothing is heard of the server", {{"server", url_}});
      outgoing->close();
      beast::get_lowest_layer(*socket).close();
    } else if (attached_) {
      outgoing->push(encode(FromAgent(Alive{machine_.running()})));
    }
  }
}

Result<Hello> AgentClient::hello() {
  Hello hello;
  hello.agent = identity_.id();
  hello.replace = options_.replace && !was_attached_;
  machine_.describe(hello);
  HUB_TRY(hello.generation, identity_.draw_generation(wall_now()));
  return hello;
}

bool AgentClient::take(std::string_view text, const OutgoingPtr& outgoing) {
  const auto message = decode_from_gateway(text);
  auto done = message ? Result<void>(success()) : Result<void>(message.error());
  if (message) {
    if (const auto* no = std::get_if<Refused>(&message.value())) {
      refused(conflict(no->code, no->detail));
      return false;
    }
    if (const auto* welcome = std::get_if<Welcome>(&message.value()))
      welcomed(*welcome, outgoing);
    else
      done = machine_.take(message.value());
  }
  if (!done)
    logging::write(logging::Level::error, "the server broke the protocol",
                   {{"server", url_}, {"field", done.error().field}, {"why", done.error().detail}});
  return static_cast<bool>(done);
}

void AgentClient::welcomed(const Welcome& welcome, const OutgoingPtr& outgoing) {
  heartbeat_ = std::chrono::milliseconds(welcome.heartbeat_ms);
  silence_ = std::chrono::milliseconds(welcome.silence_ms);
  backoff_ = kBackoffFirst;
  attached_ = true;
  logging::write(logging::Level::info, "attached", {{"server", url_}, {"host", options_.name}});
  if (!std::exchange(was_attached_, true)) {
    std::printf("attached to %s as %s\n", url_.c_str(), options_.name.c_str());
    std::fflush(stdout);
  }
  outgoing->push(encode(FromAgent(Alive{machine_.running()})));
  machine_.connected([weak = std::weak_ptr(outgoing)](std::string message) {
    if (const auto out = weak.lock()) out->push(std::move(message));
  });
}

void AgentClient::refused(const Failure& why) {
  logging::write(logging::Level::error, "refused", {{"server", url_}, {"code", why.code}, {"why", why.detail}});
  if (is_final(why, was_attached_)) end(why);
}

}  // namespace hub::agents
