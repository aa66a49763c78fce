#include "gateway/cli/dial.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace hub::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(5);

}  // namespace

asio::awaitable<void> dial(beast::tcp_stream& stream, const Endpoint& endpoint) {
  boost::system::error_code no_address;
  const auto address = asio::ip::make_address(endpoint.host, no_address);
  stream.expires_after(kConnectTimeout);
  if (!no_address) {
    const asio::ip::tcp::endpoint peer(address, endpoint.port);
    co_await stream.async_connect(peer, asio::use_awaitable);
    co_return;
  }
  asio::ip::tcp::resolver resolver(stream.get_executor());
  const auto port = std::to_string(endpoint.port);
  const auto peers = co_await resolver.async_resolve(endpoint.host, port, asio::use_awaitable);
  co_await stream.async_connect(peers, asio::use_awaitable);
}

void trust(asio::ssl::context& tls, const Endpoint& endpoint) {
  tls.set_default_verify_paths();
  if (!endpoint.ca.empty()) tls.load_verify_file(endpoint.ca.string());
  tls.set_verify_mode(asio::ssl::verify_peer);
}

asio::awaitable<void> shake_tls(beast::ssl_stream<beast::tcp_stream>& stream, const Endpoint& endpoint) {
  stream.set_verify_callback(asio::ssl::host_name_verification(endpoint.host));
  // What SSL_set_tlsext_host_name() does, without the cast inside that macro.
  auto host = endpoint.host;
  SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
}

}  // namespace hub::cli
