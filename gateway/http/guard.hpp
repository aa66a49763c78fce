#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/request.hpp"
#include "gateway/http/router.hpp"

namespace hub::http {

/// The principal of a bearer token, or of what a session's cookie holds; null when it is not valid. Called on io
/// threads for each request: must not block.
using Authenticate = std::function<std::shared_ptr<const accounts::Principal>(std::string_view secret)>;

/// What a request shows to say who sends it. A token wins over a cookie.
struct Credential {
  enum class Kind { none, token, session };
  Kind kind = Kind::none;
  std::string_view secret{};
};

/// The credential of a request, or of a WebSocket's handshake. A cookie comes along by itself, so it counts only when
/// the request is known to come from a page of this server: what changes something, or opens a socket, has to name its
/// origin, as every browser has it do. Fails: forbidden `origin.foreign`, `origin.missing`.
Result<Credential> credential_of(const Request& request, bool is_handshake);

/// A range of addresses: "10.0.0.0/8", "::1/128", or one address.
struct Network {
  asio::ip::address base;
  unsigned prefix_bits = 0;
  bool contains(const asio::ip::address& address) const;
};
/// Fails: invalid `config.network`.
Result<Network> parse_network(std::string_view text);

struct GuardOptions {
  Authenticate authenticate;
  Authenticate authenticate_session{};  ///< empty: cookies open nothing
  /// The Host header must name a loopback address, "localhost" or the address that is listened on: a foreign site whose
  /// name was pointed at this machine gets nothing.
  bool loopback_hosts_only = false;
  std::string listen_host;
  std::vector<Network> behind_proxy;  ///< whose X-Forwarded-For and X-Forwarded-Proto are believed
};

/// Who may come in at all.
class Guard {
 public:
  explicit Guard(GuardOptions options) : options_(std::move(options)) {}

  /// Takes the client's address and scheme from the proxy's headers when the peer is a trusted proxy.
  void see_through_proxy(Request& request) const;
  /// Fails: malformed `http.missing_host`; forbidden `host.unknown`, `origin.foreign`.
  Result<void> check_origin(const Request& request) const;
  /// Sets the principal. Fails: unauthorised `auth.required`, `auth.invalid`; forbidden `origin.foreign`,
  /// `origin.missing`. A route for everyone is not refused: there such a request comes from nobody.
  Result<void> authenticate(Request& request, const Route& route) const;
  /// Whether it has a good token or cookie, before its body is there.
  bool knows(const Request& request) const;

 private:
  std::shared_ptr<const accounts::Principal> principal_of(const Credential& credential) const;

  GuardOptions options_;
};

/// The token of "Authorization: Bearer …"; for a WebSocket also of the subprotocol "bearer.…". Empty when there is
/// none.
std::string_view bearer_token(const Request& request, bool in_subprotocols);

}  // namespace hub::http
