#include "tests/gateway/ws_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>

#include "events/core/json.hpp"

namespace hub::testing {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;
using boost::system::error_code;

struct WsClient::Impl {
  asio::io_context io;
  websocket::stream<asio::ip::tcp::socket> stream{io};
  boost::beast::flat_buffer buffer;
  websocket::response_type response;

  /// Runs one operation to its end. False: it failed, or did not end within 10 s.
  template <class Start>
  bool run(Start start) {
    std::optional<error_code> result;
    start([&](const error_code& error, auto&&...) { result = error; });
    io.restart();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!result && std::chrono::steady_clock::now() < until) io.run_one_until(until);
    if (!result) {
      stream.next_layer().close();
      io.restart();
      io.run();
    }
    return result && !*result;
  }
};

WsClient::WsClient(std::uint16_t port, WsOptions options) : impl_(std::make_unique<Impl>()) {
  auto& socket = impl_->stream.next_layer();
  socket.open(asio::ip::tcp::v4());
  if (options.receive_buffer > 0)
    socket.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(options.receive_buffer)));
  socket.connect({asio::ip::address_v4::loopback(), port});
  socket.set_option(asio::ip::tcp::no_delay(true));
  impl_->stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
    if (options.token_in_subprotocol)
      request.set(http::field::sec_websocket_protocol, "computehub.v1, bearer." + options.token);
    else if (!options.token.empty())
      request.set(http::field::authorization, "Bearer " + options.token);
    if (!options.origin.empty()) request.set(http::field::origin, options.origin);
  }));
  impl_->run(
      [&](auto done) { impl_->stream.async_handshake(impl_->response, "localhost", "/api/v1/live", std::move(done)); });
}

WsClient::~WsClient() = default;
WsClient::WsClient(WsClient&&) noexcept = default;

int WsClient::status() const {
  return impl_->response.result_int();
}
std::string WsClient::subprotocol() const {
  return std::string(impl_->response[http::field::sec_websocket_protocol]);
}

bool WsClient::send(std::string_view text) {
  impl_->stream.text(true);
  return impl_->run(
      [&](auto done) { impl_->stream.async_write(asio::buffer(text.data(), text.size()), std::move(done)); });
}

bool WsClient::send_raw(std::string_view bytes) {
  return impl_->run([&](auto done) {
    asio::async_write(impl_->stream.next_layer(), asio::buffer(bytes.data(), bytes.size()), std::move(done));
  });
}

std::string WsClient::read() {
  impl_->buffer.clear();
  if (!impl_->run([&](auto done) { impl_->stream.async_read(impl_->buffer, std::move(done)); })) return {};
  return boost::beast::buffers_to_string(impl_->buffer.data());
}

std::string WsClient::read_until(std::string_view part) {
  for (auto message = read(); !message.empty(); message = read())
    if (message.find(part) != std::string::npos) return message;
  return {};
}

std::uint16_t WsClient::close_code() const {
  return impl_->stream.reason().code;
}
bool WsClient::close() {
  return impl_->run([&](auto done) { impl_->stream.async_close(websocket::close_code::normal, std::move(done)); });
}

void WsClient::cut() {
  impl_->stream.next_layer().close();
}

bool WsClient::subscribe(int id, std::string_view stream, std::string_view after) {
  std::string text = R"({"type":"subscribe","id":)" + std::to_string(id) + R"(,"stream":)" + json_string(stream);
  if (!after.empty()) text += ",\"after\":" + json_string(after);
  return send(text + "}");
}

std::string member(std::string_view json, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\":\"";
  const auto at = json.find(start);
  if (at == std::string_view::npos) return {};
  const auto text = json.substr(at + start.size());
  return std::string(text.substr(0, text.find('"')));
}

}  // namespace hub::testing
