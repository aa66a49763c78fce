#pragma once
#include <array>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "events/core/digest.hpp"
#include "events/core/instant.hpp"
#include "projections/accounts/principal.hpp"

namespace hub::accounts {

/// Principals by the digest of their token; every request passes here. Safe from any thread. What a caller can time is
/// the digest of its own guess, which tells nothing of a token; digests are compared in constant time all the same.
class TokenIndex {
 public:
  using PrincipalPtr = std::shared_ptr<const Principal>;

  /// Null: nobody, or no longer at `now`.
  PrincipalPtr find(const Digest& token, Instant now) const;
  /// `expires_at` unset: never.
  void put(const Digest& token, PrincipalPtr principal, Instant expires_at);
  void erase(const Digest& token);

 private:
  static constexpr std::size_t kShards = 16;

  struct Entry {
    PrincipalPtr principal;
    Instant expires_at;
  };
  struct FirstBytes {
    std::size_t operator()(const Digest& digest) const;
  };
  struct EqualInConstantTime {
    bool operator()(const Digest& a, const Digest& b) const;
  };
  struct alignas(64) Shard {
    mutable std::shared_mutex mutex;
    std::unordered_map<Digest, Entry, FirstBytes, EqualInConstantTime> entries;
  };

  const Shard& shard(const Digest& token) const { return shards_[token.back() % kShards]; }
  Shard& shard(const Digest& token) { return shards_[token.back() % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace hub::accounts
