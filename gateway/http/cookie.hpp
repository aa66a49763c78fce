#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "gateway/http/request.hpp"

namespace hub::http {

/// What the cookie of a session is called. Over TLS the browser itself sees to it that only this host, and only over
/// TLS, has set a cookie of that name.
inline constexpr std::string_view kSessionCookie = "computehub_session";
inline constexpr std::string_view kSecureSessionCookie = "__Host-computehub_session";

/// What the session cookie of the request holds; empty when there is none, or when there are several of the name, of
/// which another site of the domain may have set one.
std::string_view session_cookie(const Request& request);

/// Values of Set-Cookie, by whether the request came over TLS.
std::string set_session_cookie(const Request& request, std::string_view secret, std::chrono::seconds lifetime);
std::string clear_session_cookie(const Request& request);

}  // namespace hub::http
