#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "gateway/cli/endpoint.hpp"

namespace hub::cli {

/// Connects within 5 s. Throws boost::system::system_error.
boost::asio::awaitable<void> dial(boost::beast::tcp_stream& stream, const Endpoint& endpoint);
/// Whom to believe: the system's authorities, and those of Endpoint::ca. Throws for a file that cannot be used.
void trust(boost::asio::ssl::context& tls, const Endpoint& endpoint);
/// The client's side of TLS; the certificate must be the host's. Throws boost::system::system_error.
boost::asio::awaitable<void> shake_tls(boost::beast::ssl_stream<boost::beast::tcp_stream>& stream,
                                       const Endpoint& endpoint);

}  // namespace hub::cli
