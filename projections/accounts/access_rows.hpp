#pragma once
#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "events/accounts/api_key_events.hpp"
#include "events/accounts/project_events.hpp"
#include "events/core/instant.hpp"
#include "events/log/record.hpp"

namespace hub::accounts {

/// What may be shown of a key: an item of GET /api/v1/api-keys. Unset times are null.
struct ApiKeyItem {
  std::string id;
  std::string name;
  std::string organisation;
  std::string project;
  Role role = Role::none;
  std::optional<std::string> host = {};  ///< of the role host: which machine
  std::string created_by;                ///< principal
  Instant created_at;
  Instant expires_at;
  Instant revoked_at;
  Version version = 0;
  std::string position;
};
BOOST_DESCRIBE_STRUCT(ApiKeyItem, (),
                      (id, name, organisation, project, role, host, created_by, created_at, expires_at, revoked_at,
                       version, position))

/// What is known of a key.
struct ApiKeyRow {
  ApiKeyItem item;
  std::string token_hash;  ///< 64 hexadecimal digits
  bool broken = false;     ///< an event could not be read; such a key opens nothing
};
BOOST_DESCRIBE_STRUCT(ApiKeyRow, (), (item, token_hash, broken))

/// An item of GET /api/v1/projects.
struct ProjectItem {
  std::string id;
  std::string name;
  std::string organisation;
  std::map<std::string, Role> members;  ///< by user, without "user:"
  std::string created_by;
  Instant created_at;
  Version version = 0;  ///< 0: nothing recorded yet, as with a new `default`
  std::string position;
};
BOOST_DESCRIBE_STRUCT(ProjectItem, (), (id, name, organisation, members, created_by, created_at, version, position))

struct ProjectRow {
  ProjectItem item;
  bool broken = false;  ///< an event could not be read; such a project has no members
};
BOOST_DESCRIBE_STRUCT(ProjectRow, (), (item, broken))

/// One fact folded into its row, and nothing else. A record that was folded already changes nothing and gives false;
/// one that does not follow, or cannot be read, breaks the row for good.
bool fold(ApiKeyRow& row, PartitionId partition, const log::Record& record);
bool fold(ProjectRow& row, PartitionId partition, const log::Record& record);

/// The project that every new system has.
ProjectRow default_project_row();

std::string encode_item(const ApiKeyItem& item);
/// As encode_item, but a version or position that there is not yet is left out.
std::string encode_item(const ProjectItem& item);
std::string encode_row(const ApiKeyRow& row);
std::string encode_row(const ProjectRow& row);
/// Fails with what from_json fails with.
Result<ApiKeyRow> decode_api_key_row(std::string_view bytes);
Result<ProjectRow> decode_project_row(std::string_view bytes);

}  // namespace hub::accounts
