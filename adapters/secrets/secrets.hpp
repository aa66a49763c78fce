#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/secrets/slots.hpp"

namespace hub::secrets {

inline constexpr std::size_t kNameSizeMax = 128;
inline constexpr std::size_t kSecretsMax = 1'000;  ///< of one project

/// What may be shown of a secret; its value is given to a provider only.
struct SecretItem {
  std::string name;
  std::string project;
  Instant created_at;
  Instant updated_at;
  std::int64_t version = 0;  ///< counts the writes, from 1
};

/// The secrets of users: by organisation, project and name. Safe from any thread.
class Secrets {
 public:
  explicit Secrets(Slots& store) : store_(store) {}

  /// Stores or replaces. Fails: invalid `secrets.name` ([A-Za-z0-9_.-]{1,128}); too_large `secrets.too_large` (64 KiB);
  /// conflict `secrets.too_many`; unavailable `secrets.no_key`.
  Result<SecretItem> put(std::string_view organisation, std::string_view project, std::string_view name,
                         std::string_view value, Instant now);
  /// The value, for whoever starts a process. Fails: not_found `secrets.unknown`; unavailable `secrets.no_key`;
  /// internal `secrets.tampered`.
  Result<SecretBytes> get(std::string_view organisation, std::string_view project, std::string_view name) const;
  /// Of those that this node knows of; behind refresh() of all that were stored by then.
  bool has(std::string_view organisation, std::string_view project, std::string_view name) const;
  /// By name.
  std::vector<SecretItem> list(std::string_view organisation, std::string_view project) const;
  /// As Slots::refresh().
  Result<void> refresh() const { return store_.refresh(); }
  /// Fails: not_found `secrets.unknown`.
  Result<void> remove(std::string_view organisation, std::string_view project, std::string_view name);

 private:
  Slots& store_;
};

/// As in GET /api/v1/secrets.
std::string encode_item(const SecretItem& item);

}  // namespace hub::secrets
