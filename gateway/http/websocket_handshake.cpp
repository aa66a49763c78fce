#include "gateway/http/websocket_handshake.hpp"

#include <openssl/evp.h>

#include "events/core/digest.hpp"
#include "gateway/http/response.hpp"

namespace hub::http {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, section 1.3

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HUB_ASSERT(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) == 1);
  return to_base64({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

Result<std::string> accept_websocket(const Request& request) {
  const auto upgrade = request.header(Field::upgrade);
  if (request.method != Verb::get || request.http_1_0 || !request.upgrade || !upgrade ||
      !list_holds(*upgrade, "websocket"))
    return malformed("websocket.expected", "this address speaks WebSocket only");
  const auto version = request.header(Field::sec_websocket_version);
  const auto key = request.header(Field::sec_websocket_key);
  const auto decoded = from_base64(key.value_or(std::string_view()));
  if (!version || *version != "13" || !decoded || decoded.value().size() != 16)
    return malformed("websocket.bad_handshake", "the handshake must be of version 13 with a key of 16 bytes");
  std::string out = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  out += "Sec-WebSocket-Accept: " + accept_key(*key) + "\r\n";
  const auto protocols = request.header(Field::sec_websocket_protocol);
  if (protocols && list_holds(*protocols, kLiveProtocol))
    out += "Sec-WebSocket-Protocol: " + std::string(kLiveProtocol) + "\r\n";
  return out + "X-Request-Id: " + std::string(request.id) + "\r\n\r\n";
}

}  // namespace hub::http
