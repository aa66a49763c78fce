#pragma once
#include <map>

#include "events/log/signing.hpp"

namespace hub::log {

/// No file of public keys is longer: about 9,000 keys. A wrong path to a big file is refused without reading it.
inline constexpr std::size_t kPublicKeysBytesMax = 1 << 20;

/// The public keys whose signatures count: nodes that share a log sign with one each, and a node that has lost its key
/// goes on with another. A key is never taken out: what it signed must stay verifiable.
class PublicKeys {
 public:
  PublicKeys() = default;
  /// One key is a set of one.
  PublicKeys(PublicKey key) { add(std::move(key)); }

  /// Blocks of PEM one after another, at least one. Fails: malformed `key.invalid`.
  static Result<PublicKeys> parse(std::string_view pem);
  /// Fails: not_found `key.absent`, malformed `key.invalid`.
  static Result<PublicKeys> load(const std::filesystem::path& file);

  /// False when a key of that id is there; that one stays.
  bool add(PublicKey key);
  /// Adds all of `other`; false when none was new.
  bool add(const PublicKeys& other);
  /// Null when there is none.
  const PublicKey* find(std::string_view id) const;

  /// By id, in order of ids.
  const std::map<std::string, PublicKey, std::less<>>& all() const { return keys_; }
  std::size_t size() const { return keys_.size(); }
  /// The ids, parted by ", ".
  std::string ids() const;
  /// What parse() reads: the same bytes for the same keys, in order of ids.
  std::string pem() const;

 private:
  std::map<std::string, PublicKey, std::less<>> keys_;
};

}  // namespace hub::log
