#include "tests/cli/fake_server.hpp"

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast.hpp>

namespace hub::cli::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Request = http::request<http::string_body>;

class Socket final : public LiveSocket {
 public:
  explicit Socket(beast::websocket::stream<tcp::socket&>& stream) : stream_(stream) {}

  std::string read() override {
    beast::flat_buffer buffer;
    error_code error;
    stream_.read(buffer, error);
    return error ? std::string() : beast::buffers_to_string(buffer.data());
  }

  void send(const std::string& message) override {
    error_code error;
    stream_.write(asio::buffer(message), error);
  }

 private:
  beast::websocket::stream<tcp::socket&>& stream_;
};

}  // namespace

struct FakeServer::Inside {
  asio::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  mutable std::mutex mutex;
  std::map<std::string, std::vector<Canned>> answers;
  std::map<std::string, std::size_t> given;
  std::vector<std::function<void(LiveSocket&)>> live;
  std::size_t live_connections = 0;
  std::vector<Seen> seen;
  std::vector<std::shared_ptr<tcp::socket>> sockets;
  std::vector<std::thread> workers;
  std::thread listener;
  bool closing = false;

  void listen() {
    for (;;) {
      auto socket = std::make_shared<tcp::socket>(io);
      error_code error;
      acceptor.accept(*socket, error);
      const std::lock_guard lock(mutex);
      if (error || closing) return;
      sockets.push_back(socket);
      workers.emplace_back([this, socket] { serve(*socket); });
    }
  }

  void serve(tcp::socket& socket) {
    beast::flat_buffer buffer;
    for (;;) {
      Request request;
      error_code error;
      http::read(socket, buffer, request, error);
      if (error) return;
      if (beast::websocket::is_upgrade(request)) {
        serve_live(socket, request);
        hang_up(socket);
        return;
      }
      if (!answer(socket, request)) {
        hang_up(socket);
        return;
      }
    }
  }

  static void hang_up(tcp::socket& socket) {
    error_code ignored;
    socket.shutdown(tcp::socket::shutdown_both, ignored);
  }

  static std::string header(const Request& request, http::field name) { return std::string(request[name]); }

  Canned next_answer(const Request& request) {
    const std::lock_guard lock(mutex);
    const std::string target(request.target());
    seen.push_back({std::string(request.method_string()), target, request.body(),
                    header(request, http::field::authorization), std::string(request["Idempotency-Key"])});
    const auto key = seen.back().method + " " + target;
    const auto found = answers.find(key);
    if (found == answers.end())
      return {404, R"({"code":"fake.not_found","detail":"nothing at )" + target + R"("})", false, {}};
    auto& count = given[key];
    return found->second[std::min(count++, found->second.size() - 1)];
  }

  bool answer(tcp::socket& socket, const Request& request) {
    const auto canned = next_answer(request);
    if (canned.drop) return false;
    http::response<http::string_body> response(static_cast<http::status>(canned.status), request.version());
    response.keep_alive(request.keep_alive());
    for (const auto& [name, value] : canned.headers) response.set(name, value);
    response.body() = canned.body;
    response.prepare_payload();
    error_code error;
    http::write(socket, response, error);
    return !error && response.keep_alive();
  }

  void serve_live(tcp::socket& socket, const Request& request) {
    std::function<void(LiveSocket&)> script;
    {
      const std::lock_guard lock(mutex);
      seen.push_back({"LIVE", std::string(request.target()), "", header(request, http::field::authorization), ""});
      if (live_connections < live.size()) script = live[live_connections];
      ++live_connections;
    }
    error_code error;
    if (!script) {
      http::response<http::string_body> refusal(http::status::service_unavailable, request.version());
      refusal.prepare_payload();
      http::write(socket, refusal, error);
      return;
    }
    beast::websocket::stream<tcp::socket&> stream(socket);
    stream.accept(request, error);
    if (error) return;
    Socket live_socket(stream);
    script(live_socket);
  }
};

FakeServer::FakeServer() : inside_(std::make_unique<Inside>()) {
  inside_->listener = std::thread([this] { inside_->listen(); });
}

FakeServer::~FakeServer() {
  const auto port = inside_->acceptor.local_endpoint().port();
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->closing = true;
  }
  // A blocking accept is woken by a connection, not by closing its socket.
  error_code ignored;
  tcp::socket knock(inside_->io);
  knock.connect({asio::ip::address_v4::loopback(), port}, ignored);
  inside_->listener.join();
  for (const auto& socket : inside_->sockets) socket->shutdown(tcp::socket::shutdown_both, ignored);
  for (auto& worker : inside_->workers) worker.join();
}

void FakeServer::on(const std::string& method, const std::string& target, Canned answer) {
  const std::lock_guard lock(inside_->mutex);
  inside_->answers[method + " " + target].push_back(std::move(answer));
}

void FakeServer::on_live(std::vector<std::function<void(LiveSocket&)>> scripts) {
  const std::lock_guard lock(inside_->mutex);
  inside_->live = std::move(scripts);
}

std::string FakeServer::url() const {
  return "http://127.0.0.1:" + std::to_string(inside_->acceptor.local_endpoint().port());
}

std::vector<Seen> FakeServer::seen() const {
  const std::lock_guard lock(inside_->mutex);
  return inside_->seen;
}

}  // namespace hub::cli::testing
