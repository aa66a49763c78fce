#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::calls {

/// Which addresses a call to a URL that a user typed may connect to: the public internet, and what the operator allows.
/// Private, loopback, link-local (with the clouds' metadata address), shared, multicast, reserved and unspecified
/// addresses are refused, and every IPv6 form that stands for such an IPv4 address.
///
/// permits() is asked about the very address that a socket is opened for, so a name that resolves to something else
/// than when it was checked does not pass. Behind a proxy of the operator's the target is seen by the proxy alone: then
/// only check_url() holds, which knows literal addresses and not what a name resolves to.
class OutboundGuard {
 public:
  /// `allow`: blocks such as "10.1.0.0/16" or "fd00::/8" ("10.1.2.3" is a block of one) that may be called besides;
  /// `loopback`: 127.0.0.0/8 and ::1 too.
  /// Fails: invalid `address_block.invalid` when one is no block.
  static Result<OutboundGuard> make(const std::vector<std::string>& allow, bool loopback);
  /// The public internet only.
  OutboundGuard() = default;

  /// Of AF_INET and AF_INET6; every other family is refused.
  bool permits(const sockaddr& address) const;

  /// A URL, without resolving its name. http or https, a host, no user information, no fragment, at most kUrlBytesMax
  /// bytes, and no literal address (in any spelling) and no "localhost" that may not be called.
  /// Fails: invalid `model.invalid_url`, `model.refused_address`.
  Result<void> check_url(std::string_view url) const;

 private:
  struct Block {
    in6_addr prefix{};  ///< IPv4 as ::ffff:a.b.c.d
    int bits = 0;
  };
  static Result<Block> parse_block(std::string_view text);
  static bool holds(const Block& block, const in6_addr& address);
  bool permits(const in6_addr& address) const;

  std::vector<Block> allowed_;
};

}  // namespace hub::calls
