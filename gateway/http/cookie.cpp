#include "gateway/http/cookie.hpp"

#include <algorithm>

namespace hub::http {
namespace {

constexpr std::string_view kAttributes = "; Path=/; HttpOnly; SameSite=Strict";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view name_for(const Request& request) {
  return request.secure ? kSecureSessionCookie : kSessionCookie;
}

std::string cookie(const Request& request, std::string_view value, std::chrono::seconds lifetime) {
  std::string text(name_for(request));
  text.append("=").append(value).append(kAttributes).append("; Max-Age=").append(std::to_string(lifetime.count()));
  return request.secure ? text + "; Secure" : text;
}

}  // namespace

std::string_view session_cookie(const Request& request) {
  const auto name = name_for(request);
  std::string_view found;
  int count = 0;
  for (const auto& header : request.headers) {
    if (header.id != Field::cookie) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const auto pair = trimmed(rest.substr(0, rest.find(';')));
      rest.remove_prefix(std::min(rest.find(';'), rest.size() - 1) + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name) continue;
      found = trimmed(pair.substr(equals + 1));
      ++count;
    }
  }
  return count == 1 ? found : std::string_view();
}

std::string set_session_cookie(const Request& request, std::string_view secret, std::chrono::seconds lifetime) {
  return cookie(request, secret, lifetime);
}

std::string clear_session_cookie(const Request& request) {
  return cookie(request, {}, std::chrono::seconds(0));
}

}  // namespace hub::http
