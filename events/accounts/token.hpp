#pragma once
#include <string>
#include <string_view>

#include "events/core/digest.hpp"

namespace hub::accounts {

inline constexpr std::string_view kTokenPrefix = "chk_";
inline constexpr std::string_view kSessionSecretPrefix = "chs_";
inline constexpr std::size_t kTokenSizeMax = 512;  ///< longer ones are refused unread

/// A fresh bearer token: "chk_" and 256 random bits as base64url. Shown once, never kept.
std::string make_token();
/// What the cookie of a session holds: "chs_" and as many bits. Known to the browser alone.
std::string make_session_secret();
/// What is kept of it. With 256 random bits a plain SHA-256 cannot be guessed back.
Digest token_digest(std::string_view token);
/// The same as 64 lower-case hexadecimal digits, as CreateApiKey wants it.
std::string token_hash(std::string_view token);

}  // namespace hub::accounts
