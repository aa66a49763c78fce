#include "projections/accounts/token_index.hpp"

#include <openssl/crypto.h>

#include <cstring>
#include <mutex>

namespace hub::accounts {

std::size_t TokenIndex::FirstBytes::operator()(const Digest& digest) const {
  std::size_t bytes = 0;
  std::memcpy(&bytes, digest.data(), sizeof bytes);
  return bytes;
}

bool TokenIndex::EqualInConstantTime::operator()(const Digest& a, const Digest& b) const {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

TokenIndex::PrincipalPtr TokenIndex::find(const Digest& token, Instant now) const {
  const auto& shard = this->shard(token);
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.entries.find(token);
  if (found == shard.entries.end()) return nullptr;
  const auto& entry = found->second;
  if (entry.expires_at.is_set() && entry.expires_at <= now) return nullptr;
  return entry.principal;
}

void TokenIndex::put(const Digest& token, PrincipalPtr principal, Instant expires_at) {
  auto& shard = this->shard(token);
  const std::unique_lock lock(shard.mutex);
  shard.entries[token] = {std::move(principal), expires_at};
}

void TokenIndex::erase(const Digest& token) {
  auto& shard = this->shard(token);
  const std::unique_lock lock(shard.mutex);
  shard.entries.erase(token);
}

}  // namespace hub::accounts
