#pragma once
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "adapters/secrets/slots.hpp"

namespace hub::secrets {

inline constexpr std::size_t kSubjectSizeMax = 128;
/// Of one text that is sealed.
inline constexpr std::size_t kSealedSizeMax = std::size_t{4} << 20U;

/// Encrypts fields before they reach the log, with a data key of their subject (a project's id). Once the subject is
/// erased nobody can read them any more, while the log's bytes and its chain stay. Safe from any thread; about 2 µs.
class Sealer {
 public:
  /// Is the one observer of the store.
  explicit Sealer(Slots& store);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  /// "<key id>:<base64>"; the key id is subject, ".", and a number that grows with each erasure. The data key is made
  /// on first use. `associated` says where the text belongs; it opens nowhere else. Fails: too_large `sealed.too_large`
  /// (kSealedSizeMax); invalid `sealed.subject`; unavailable `secrets.no_key`.
  Result<std::string> seal(std::string_view subject, std::string_view plain, std::string_view associated);
  /// The same without waiting for anything; none when the data key is not at hand.
  std::optional<Result<std::string>> seal_at_once(std::string_view subject, std::string_view plain,
                                                  std::string_view associated);

  /// Fails: gone `sealed.erased`; not_found `sealed.unknown_key`; malformed `sealed.malformed`; internal
  /// `sealed.tampered`; unavailable `secrets.no_key`.
  Result<SecretBytes> open(std::string_view sealed, std::string_view associated);

  /// Destroys the subject's data key, in memory and on disk, and at every node that shares the store. What is sealed
  /// later gets a new one. Safe to repeat. Answers the id of the key that was destroyed, now or the last time; empty
  /// when there never was one. Fails: unavailable `secrets.no_key`; internal `secrets.io`: then try again.
  Result<std::string> erase(std::string_view subject);

 private:
  /// The data key of a subject in force; none when the last one was erased.
  struct Ring {
    std::uint64_t number = 0;
    std::optional<Key> key;
  };
  using Rings = std::map<std::string, Ring, std::less<>>;

  /// What is known of a subject's data key, and the version of its slot, 0 without one.
  struct Looked {
    std::uint64_t number = 0;
    bool is_there = false;
    std::int64_t version = 0;
  };

  const Ring* cached(std::string_view subject) const;
  Result<void> ensure_cached(std::string_view subject, std::uint64_t number);
  Result<Looked> look(std::string_view subject);
  Result<const Ring*> load(std::string_view subject);
  /// Replaces what was looked at.
  Result<void> replace(std::string_view subject, const Looked& looked, const Ring& ring);
  Result<void> make_key(std::string_view subject);
  void forget(const Slot& slot);

  Slots& store_;
  mutable std::shared_mutex mutex_;  ///< held while a key is in use, so that an erasure waits for it
  Rings rings_;
};

}  // namespace hub::secrets
