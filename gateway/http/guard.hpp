#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/request.hpp"
#include "gateway/http/router.hpp"

namespace hub::http {

/// The principal of a bearer token, null when it is not valid. Called on io threads for each request: must not block.
using Authenticate = std::function<std::shared_ptr<const accounts::Principal>(std::string_view token)>;

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
  /// Sets the principal. Fails: unauthorised `auth.required`, `auth.invalid`.
  Result<void> authenticate(Request& request, const Route& route) const;
  /// Whether it has a good token, before its body is there.
  bool knows(const Request& request) const;

 private:
  GuardOptions options_;
};

/// The token of "Authorization: Bearer …"; for a WebSocket also of the subprotocol "bearer.…". Empty when there is
/// none.
std::string_view bearer_token(const Request& request, bool in_subprotocols);

}  // namespace hub::http
