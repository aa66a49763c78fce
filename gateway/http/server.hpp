#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http/guard.hpp"
#include "gateway/http/limits.hpp"
#include "gateway/http/router.hpp"
#include "gateway/http/site.hpp"

namespace hub::http {

struct ServerOptions {
  std::string host = "127.0.0.1";  ///< an address or a name that has one
  std::uint16_t port = 0;          ///< 0: a free one is picked
  unsigned threads = 0;            ///< io threads, each with its own io_context; 0: one a core
  Limits limits;
  GuardOptions guard;
  std::string tls_certificate_file;  ///< PEM, with the chain; empty: no TLS
  std::string tls_key_file;
  /// How old what is read here may be, in seconds, beyond ordinary times; said as Age with the answers to GET and HEAD.
  /// Any io thread; empty: 0.
  std::function<std::int64_t()> age_seconds;
  Observer observe;               ///< of each answered request, on its io thread; empty: costs nothing
  TroubleLog trouble;             ///< any io thread
  CatchUp catch_up;               ///< before a 401, 403 or 404 is answered; empty: no other server writes
  std::function<void()> on_stop;  ///< when stop() begins: close the WebSockets here
  /// When no request is served any more, and what other threads post to its io threads is still taken: wait here for
  /// such threads.
  std::function<void()> on_stopped = {};
};

/// The HTTP server. Whatever handlers and upgraded connections use must outlive it.
class Server {
 public:
  Server(ServerOptions options, Router router);
  ~Server();  ///< stops at once when it still runs
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and returns; connections are accepted behind it.
  /// Fails: invalid `tls.unusable`; unavailable `http.cannot_listen` (address in use, not ours, or no right to).
  Result<void> start();
  /// "http://127.0.0.1:8080"; with the port that was picked.
  std::string url() const;
  std::uint16_t port() const;
  /// Accepts no more, lets requests in flight end for up to `deadline`, then cuts what is left. Blocks; not to be
  /// called on an io thread.
  void stop(milliseconds deadline);

  std::size_t connections() const;
  /// The executor of io thread `index` (modulo their number), for work that belongs to the gateway.
  asio::any_io_executor executor(std::size_t index = 0) const;

 private:
  struct Worker;
  asio::awaitable<void> accept_forever();
  void take(asio::ip::tcp::socket socket, Worker& worker);
  Result<void> listen();

  ServerOptions options_;
  std::shared_ptr<Site> site_;
  TlsFiles tls_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<asio::ip::tcp::acceptor> acceptor_;
  bool running_ = false;
  std::uint16_t port_ = 0;
};

}  // namespace hub::http
