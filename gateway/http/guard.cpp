#include "gateway/http/guard.hpp"

#include <algorithm>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>

#include "gateway/http/cookie.hpp"

namespace hub::http {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kBearerProtocol = "bearer.";

Failure unauthorised(std::string_view code, std::string_view detail) {
  return {FailureKind::unauthorised, std::string(code), std::string(detail), {}, 0};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// "[::1]:80" and "host:80" without the port.
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.rfind(':'));
}

bool is_loopback_name(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (equal_without_case(host, "localhost")) return true;
  error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  return !error && address.is_loopback();
}

/// The authority of an origin ("https://a.example:443" is "a.example"), empty for "null" and the like.
std::string_view authority_of(std::string_view origin) {
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::string_view>{"https://", ":443"}, {"http://", ":80"}})
    if (origin.starts_with(scheme)) {
      auto authority = origin.substr(scheme.size());
      if (authority.ends_with(port)) authority.remove_suffix(port.size());
      return authority;
    }
  return {};
}

bool is_same_site(std::string_view origin, std::string_view host) {
  const auto authority = authority_of(origin);
  const std::string_view port = origin.starts_with("https://") ? ":443" : ":80";
  if (host.ends_with(port)) host.remove_suffix(port.size());
  return !authority.empty() && equal_without_case(authority, host);
}

bool is_safe(Verb method) {
  return method == Verb::get || method == Verb::head || method == Verb::options;
}

/// Whether a request that brings a cookie comes from a page of this server, or from its user alone. That an origin is
/// that of the Host has been looked at; a page that came without TLS is another one all the same.
Result<void> check_own_page(const Request& request, bool is_handshake) {
  const auto foreign = [] {
    return forbidden("origin.foreign", "requests from pages of other sites are not answered");
  };
  const auto site = request.header("sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return foreign();
  const auto origin = request.header(Field::origin);
  if (origin && request.secure && !origin->starts_with("https://")) return foreign();
  if (!origin && (is_handshake || !is_safe(request.method)))
    return forbidden("origin.missing", "with a session's cookie the origin must be named");
  return success();
}

}  // namespace

bool Network::contains(const asio::ip::address& address) const {
  if (address.is_v4() != base.is_v4()) return false;
  const auto same = [this](const auto& a, const auto& b) {
    for (unsigned bit = 0; bit < prefix_bits; ++bit) {
      const unsigned mask = 0x80U >> (bit % 8);
      if ((a[bit / 8] & mask) != (b[bit / 8] & mask)) return false;
    }
    return true;
  };
  return base.is_v4() ? same(base.to_v4().to_bytes(), address.to_v4().to_bytes())
                      : same(base.to_v6().to_bytes(), address.to_v6().to_bytes());
}

Result<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  error_code error;
  Network network{asio::ip::make_address(std::string(text.substr(0, slash)), error), 0};
  if (error) return invalid("config.network", "is not a network such as 10.0.0.0/8");
  const unsigned bits_max = network.base.is_v4() ? 32 : 128;
  network.prefix_bits = bits_max;
  if (slash == std::string_view::npos) return network;
  const auto bits = text.substr(slash + 1);
  const auto [end, bad] = std::from_chars(bits.data(), bits.data() + bits.size(), network.prefix_bits);
  if (bad != std::errc{} || end != bits.data() + bits.size() || network.prefix_bits > bits_max)
    return invalid("config.network", "is not a network such as 10.0.0.0/8");
  return network;
}

void Guard::see_through_proxy(Request& request) const {
  const auto trusted = [this](const asio::ip::address& address) {
    return std::any_of(options_.behind_proxy.begin(), options_.behind_proxy.end(),
                       [&](const Network& network) { return network.contains(address); });
  };
  if (options_.behind_proxy.empty() || !trusted(request.remote)) return;
  if (const auto scheme = request.header("x-forwarded-proto")) request.secure = equal_without_case(*scheme, "https");
  const auto forwarded = request.header("x-forwarded-for");
  // Each proxy adds its peer on the right, so the first address from there that is no proxy of ours is the client;
  // what stands further left is the client's own word.
  for (std::string_view rest = forwarded.value_or(std::string_view()); !rest.empty() && trusted(request.remote);) {
    const auto comma = rest.rfind(',');
    const auto last = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
    rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
    error_code error;
    const auto address = asio::ip::make_address(std::string(last), error);
    if (error) return;
    request.remote = address;
  }
}

Result<void> Guard::check_origin(const Request& request) const {
  const auto host = request.header(Field::host);
  if (!host && !request.http_1_0) return malformed("http.missing_host", "an HTTP/1.1 request must have a Host header");
  if (options_.loopback_hosts_only && host) {
    const auto name = host_of(*host);
    if (!is_loopback_name(name) && !equal_without_case(name, options_.listen_host))
      return forbidden("host.unknown", "this server answers on loopback names only");
  }
  const auto origin = request.header(Field::origin);
  if (origin && !is_same_site(*origin, host.value_or(std::string_view())))
    return forbidden("origin.foreign", "requests from pages of other sites are not answered");
  return success();
}

std::string_view bearer_token(const Request& request, bool in_subprotocols) {
  if (const auto given = request.header(Field::authorization)) {
    const bool bearer = given->size() > kBearer.size() && equal_without_case(given->substr(0, kBearer.size()), kBearer);
    return bearer ? trimmed(given->substr(kBearer.size())) : std::string_view();
  }
  if (!in_subprotocols) return {};
  auto list = request.header(Field::sec_websocket_protocol).value_or(std::string_view());
  while (!list.empty()) {
    const auto item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    if (trimmed(item).starts_with(kBearerProtocol)) return trimmed(item).substr(kBearerProtocol.size());
  }
  return {};
}

Result<Credential> credential_of(const Request& request, bool is_handshake) {
  if (const auto token = bearer_token(request, is_handshake); !token.empty())
    return Credential{Credential::Kind::token, token};
  if (request.header(Field::authorization)) return Credential{};
  const auto secret = session_cookie(request);
  if (secret.empty()) return Credential{};
  HUB_TRY(check_own_page(request, is_handshake));
  return Credential{Credential::Kind::session, secret};
}

std::shared_ptr<const accounts::Principal> Guard::principal_of(const Credential& credential) const {
  const bool by_cookie = credential.kind == Credential::Kind::session;
  const auto& look_up = by_cookie ? options_.authenticate_session : options_.authenticate;
  return credential.kind == Credential::Kind::none || !look_up ? nullptr : look_up(credential.secret);
}

bool Guard::knows(const Request& request) const {
  const auto credential = credential_of(request, false);
  return credential && principal_of(credential.value()) != nullptr;
}

Result<void> Guard::authenticate(Request& request, const Route& route) const {
  const auto credential = credential_of(request, static_cast<bool>(route.upgrade));
  if (credential) request.principal = principal_of(credential.value());
  if (route.access == Access::everyone || request.principal) return success();
  if (!credential) return credential.error();
  switch (credential.value().kind) {
    case Credential::Kind::none:
      return unauthorised("auth.required", "a bearer token is required");
    case Credential::Kind::token:
      return unauthorised("auth.invalid", "the token is not valid, or no longer");
    case Credential::Kind::session:
      break;
  }
  return unauthorised("auth.invalid", "the session has ended");
}

}  // namespace hub::http
