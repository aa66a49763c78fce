#include "events/log/public_keys.hpp"

#include <fstream>

namespace hub::log {
namespace {

constexpr std::string_view kBlockEnd = "-----END PUBLIC KEY-----";

Failure bad_keys(std::string_view what) {
  return malformed("key.invalid", what);
}

}  // namespace

Result<PublicKeys> PublicKeys::parse(std::string_view pem) {
  if (pem.size() > kPublicKeysBytesMax) return bad_keys("the file of public keys is longer than 1 MiB");
  PublicKeys keys;
  for (auto end = pem.find(kBlockEnd); end != std::string_view::npos; end = pem.find(kBlockEnd)) {
    HUB_TRY(auto key, PublicKey::parse(pem.substr(0, end + kBlockEnd.size())));
    keys.add(std::move(key));
    pem.remove_prefix(end + kBlockEnd.size());
  }
  // What is left could be a key that was cut off; without it signatures would look like those of a stranger.
  if (keys.keys_.empty() || pem.find_first_not_of(" \t\r\n") != std::string_view::npos)
    return bad_keys("not Ed25519 keys in PEM");
  return keys;
}

Result<PublicKeys> PublicKeys::load(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return not_found("key.absent", "there is no such key");
  std::string pem(kPublicKeysBytesMax + 1, '\0');
  in.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  pem.resize(static_cast<std::size_t>(in.gcount()));
  return parse(pem);
}

bool PublicKeys::add(PublicKey key) {
  auto id = key.id();
  return keys_.try_emplace(std::move(id), std::move(key)).second;
}

bool PublicKeys::add(const PublicKeys& other) {
  bool added = false;
  for (const auto& [id, key] : other.keys_) added = add(key) || added;
  return added;
}

const PublicKey* PublicKeys::find(std::string_view id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

std::string PublicKeys::ids() const {
  std::string text;
  for (const auto& [id, key] : keys_) text += (text.empty() ? "" : ", ") + id;
  return text;
}

std::string PublicKeys::pem() const {
  std::string text;
  for (const auto& [id, key] : keys_) text += key.pem();
  return text;
}

}  // namespace hub::log
