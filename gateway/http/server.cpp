#include "gateway/http/server.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "gateway/http/session.hpp"

namespace hub::http {
namespace {

using asio::ip::tcp;

constexpr int kBacklog = 1024;
/// Connections beyond the cap that are still told so; the next ones are closed without a word.
constexpr std::size_t kOverTheCapMax = 64;
constexpr milliseconds kAcceptPause{50};
constexpr milliseconds kAbortPatience{1'000};

/// How often deadlines are looked at: a quarter of the shortest one.
milliseconds tick_of(const Limits& limits) {
  const auto shortest =
      std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout, limits.linger});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(1'000));
}

}  // namespace

/// One io thread with its connections.
struct Server::Worker {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer ticker{io};
  Sessions sessions;  // touched on the io thread only
  std::thread thread;

  ~Worker() { sessions.clear(); }

  void run(unsigned number) {
    thread = std::thread([this, number] {
      pthread_setname_np(pthread_self(), ("hub-io-" + std::to_string(number)).c_str());
      io.run();
    });
  }
  asio::awaitable<void> watch_deadlines(milliseconds tick) {
    for (;;) {
      ticker.expires_after(tick);
      const auto [error] = co_await ticker.async_wait(asio::as_tuple(asio::use_awaitable));
      if (error) co_return;
      const auto now = Session::Clock::now();
      for_each([now](Session& session) { session.check_deadline(now); });
    }
  }
  /// What is done to a session may end it.
  template <class Action>
  void for_each(Action action) {
    for (auto next = sessions.begin(); next != sessions.end();) action(*next++);
  }
};

Server::Server(ServerOptions options, Router router) : options_(std::move(options)) {
  options_.guard.listen_host = options_.host;
  site_ = std::make_shared<Site>(std::move(router), options_.guard, options_.limits);
  site_->observe = options_.observe;
  site_->trouble = options_.trouble;
  site_->catch_up = options_.catch_up;
  site_->age_seconds = options_.age_seconds;
}

Server::~Server() {
  stop(milliseconds(0));
}

Result<void> Server::listen() {
  auto& io = workers_.front()->io;
  const auto failed = [&](const error_code& error) {
    return unavailable("http.cannot_listen", "cannot listen on " + options_.host + ":" + std::to_string(options_.port) +
                                                 ": " + error.message());
  };
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(options_.host, std::to_string(options_.port), tcp::resolver::passive, error);
  if (error || found.empty()) return failed(error);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_ = std::make_unique<tcp::acceptor>(io);
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(kBacklog, error);
  if (error) return failed(error);
  port_ = acceptor_->local_endpoint(error).port();
  return success();
}

Result<void> Server::start() {
  HUB_ASSERT(!running_);
  if (!options_.tls_certificate_file.empty()) {
    auto loaded = tls_.load(options_.tls_certificate_file, options_.tls_key_file);
    if (!loaded) return loaded;
  }
  const unsigned threads = options_.threads != 0 ? options_.threads : std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>());
  auto listening = listen();
  if (!listening) {
    acceptor_.reset();
    workers_.clear();
    return listening;
  }
  running_ = true;
  asio::co_spawn(workers_.front()->io, accept_forever(), asio::detached);
  for (unsigned i = 0; i < threads; ++i) {
    asio::co_spawn(workers_[i]->io, workers_[i]->watch_deadlines(tick_of(options_.limits)), asio::detached);
    workers_[i]->run(i);
  }
  return success();
}

asio::awaitable<void> Server::accept_forever() {
  for (std::size_t next = 0;; next = (next + 1) % workers_.size()) {
    // In turn: a few connections are spread evenly, which SO_REUSEPORT does not do.
    Worker& worker = *workers_[next];
    auto [error, socket] = co_await acceptor_->async_accept(worker.io, asio::as_tuple(asio::use_awaitable));
    if (site_->stopping.load()) co_return;
    if (!error) {
      take(std::move(socket), worker);
      continue;
    }
    // Out of file descriptors, most likely: those who are here may leave meanwhile.
    if (site_->trouble) site_->trouble("cannot accept a connection: " + error.message());
    asio::steady_timer pause(workers_.front()->io, kAcceptPause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    if (site_->stopping.load()) co_return;
  }
}

void Server::take(tcp::socket socket, Worker& worker) {
  const std::size_t others = site_->connections.fetch_add(1);
  const bool over_the_cap = others >= options_.limits.connections;
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error || others >= options_.limits.connections + kOverTheCapMax) {
    socket.close(error);
    site_->leave();
    return;
  }
  socket.set_option(tcp::no_delay(true), error);
  const bool tls = !options_.tls_certificate_file.empty();
  if (tls) {
    const auto fresh = tls_.refresh();
    if (!fresh && site_->trouble) site_->trouble(fresh.error().detail + "; the old certificate stays in force");
  }
  auto transport = tls ? tls_.transport(std::move(socket)) : plain_transport(std::move(socket));
  auto session = std::make_unique<Session>(site_, std::move(transport), peer.address(), over_the_cap);
  asio::co_spawn(
      worker.io,
      [](Worker& home, std::unique_ptr<Session> mine) -> asio::awaitable<void> {
        home.sessions.push_back(*mine);
        if (mine->site_stopping()) mine->stop();
        co_await mine->run();
      }(worker, std::move(session)),
      asio::detached);
}

void Server::stop(milliseconds deadline) {
  if (!running_) return;
  running_ = false;
  site_->stopping.store(true);
  asio::post(workers_.front()->io, [this] {
    error_code ignored;
    acceptor_->close(ignored);
  });
  for (auto& worker : workers_)
    asio::post(worker->io, [&home = *worker] { home.for_each([](Session& session) { session.stop(); }); });
  if (options_.on_stop) options_.on_stop();
  const auto none_left = [this] { return site_->connections.load() == 0; };
  {
    std::unique_lock lock(site_->mutex);
    site_->all_gone.wait_for(lock, deadline, none_left);
  }
  for (auto& worker : workers_)
    asio::post(worker->io, [&home = *worker] { home.for_each([](Session& session) { session.abort(); }); });
  {
    std::unique_lock lock(site_->mutex);
    site_->all_gone.wait_for(lock, std::min(deadline, kAbortPatience), none_left);
  }
  for (auto& worker : workers_) worker->io.stop();
  for (auto& worker : workers_) worker->thread.join();
  if (options_.on_stopped) options_.on_stopped();
  acceptor_.reset();
  workers_.clear();
}

std::string Server::url() const {
  const bool v6 = options_.host.find(':') != std::string::npos;
  return (options_.tls_certificate_file.empty() ? "http://" : "https://") +
         (v6 ? "[" + options_.host + "]" : options_.host) + ":" + std::to_string(port_);
}

std::uint16_t Server::port() const {
  return port_;
}
std::size_t Server::connections() const {
  return site_->connections.load();
}

asio::any_io_executor Server::executor(std::size_t index) const {
  return workers_[index % workers_.size()]->io.get_executor();
}

}  // namespace hub::http
