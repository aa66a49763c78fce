#pragma once
#include <string>
#include <string_view>

#include "gateway/http/request.hpp"

namespace hub::http {

/// The subprotocol that a server of ours speaks; it is confirmed when the client offers it.
inline constexpr std::string_view kLiveProtocol = "computehub.v1";

/// The bytes of "101 Switching Protocols" for a request that asks for a WebSocket (RFC 6455).
/// Fails: malformed `websocket.expected` (another kind of request), `websocket.bad_handshake`.
Result<std::string> accept_websocket(const Request& request);

}  // namespace hub::http
