#include "events/accounts/token.hpp"

namespace hub::accounts {
namespace {

constexpr std::size_t kTokenBytes = 32;

}  // namespace

std::string make_token() {
  return std::string(kTokenPrefix) + to_base64url(random_bytes(kTokenBytes));
}
std::string make_session_secret() {
  return std::string(kSessionSecretPrefix) + to_base64url(random_bytes(kTokenBytes));
}
Digest token_digest(std::string_view token) {
  return sha256(token);
}
std::string token_hash(std::string_view token) {
  return to_hex(token_digest(token));
}

}  // namespace hub::accounts
