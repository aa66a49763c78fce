#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hub::testing {

/// How the client says who it is.
struct WsOptions {
  std::string token = "good-token";
  bool token_in_subprotocol = false;
  std::string origin;              ///< empty: none, as programs do
  std::size_t receive_buffer = 0;  ///< of the socket, in bytes; 0: the system's
};

/// A blocking WebSocket client on Beast. Nothing waits longer than 10 s.
class WsClient {
 public:
  explicit WsClient(std::uint16_t port, WsOptions options = {});
  ~WsClient();
  WsClient(WsClient&&) noexcept;

  /// 101, or the status of the refusal.
  int status() const;
  std::string subprotocol() const;
  bool send(std::string_view text);
  /// Sends bytes past the protocol, as a broken client would.
  bool send_raw(std::string_view bytes);
  /// The next message; empty when the connection has ended.
  std::string read();
  /// Reads until a message holds `part`, and gives that; empty when the connection ends before.
  std::string read_until(std::string_view part);
  /// Code of the server's close frame once read() came to the end; 0 when there was none.
  std::uint16_t close_code() const;
  /// The closing handshake, begun by the client. False: the server did not answer it.
  bool close();
  /// Ends the connection without a word.
  void cut();

  /// {"type": "subscribe", …}
  bool subscribe(int id, std::string_view stream, std::string_view after = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The text of a string member of a JSON object, as far as tests need it; empty when it is not there.
std::string member(std::string_view json, std::string_view name);

}  // namespace hub::testing
