#pragma once
#include <optional>
#include <string>

#include "events/accounts/project_events.hpp"
#include "events/accounts/role.hpp"
#include "events/core/instant.hpp"
#include "events/log/log.hpp"
#include "events/log/signing.hpp"

namespace hub::accounts {

/// What the key of a stopped server shall be.
struct OfflineKey {
  std::string name = "first key";
  std::string organisation{kDefaultOrganisation};
  std::string project{kDefaultProject};
  Role role = Role::admin;
  std::optional<Instant> expires_at;
};

struct CreatedKey {
  std::string id;     ///< "key_…"
  std::string token;  ///< shown once; the log has its hash only
};

/// Writes a new key into the log of a stopped server, as the server itself would: decided by the aggregate, claimed,
/// sealed, and durable when it returns. The caller has opened the log, which nobody else has then.
/// Fails: as CreateApiKey is refused; not_found `project.unknown`; unavailable `log.fenced` or what claim() fails with;
/// unavailable `log.unknown`: the key may be there, but its token is lost, so make another and revoke this one.
Result<CreatedKey> create_key_offline(log::Log& log, const log::Signer& signer, const OfflineKey& wanted, Instant now);

}  // namespace hub::accounts
