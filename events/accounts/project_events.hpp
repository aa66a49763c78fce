#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "events/accounts/role.hpp"
#include "events/core/result.hpp"

namespace hub::accounts {

inline constexpr std::string_view kProjectPrefix = "prj_";
inline constexpr std::string_view kDefaultOrganisation = "default";
inline constexpr std::string_view kDefaultProject = "default";

/// The id that a project of this name has in this organisation: a name is taken at most once.
std::string project_id(std::string_view organisation, std::string_view name);

// Facts about one project, entity "prj_…". The project `default` of organisation `default` is there without any.

struct ProjectCreated {
  static constexpr std::string_view type = "computehub.project.created.v1";
  std::string name;  ///< [A-Za-z0-9_.-]{1,64}, unique in the organisation
  std::string organisation;
  std::string owner;  ///< principal who asked
  bool operator==(const ProjectCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProjectCreated, (), (name, organisation, owner))

/// A user has a role here from now on; one they had before is replaced.
struct ProjectMemberSet {
  static constexpr std::string_view type = "computehub.project.member_set.v1";
  std::string user;  ///< without "user:"
  Role role = Role::none;
  bool operator==(const ProjectMemberSet&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProjectMemberSet, (), (user, role))

struct ProjectMemberRemoved {
  static constexpr std::string_view type = "computehub.project.member_removed.v1";
  std::string user;
  bool operator==(const ProjectMemberRemoved&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProjectMemberRemoved, (), (user))

/// The data key of the project's sealed values was destroyed by `computehub keys erase`: what was sealed with it can
/// never be read again.
struct ProjectKeyErased {
  static constexpr std::string_view type = "computehub.project.key_erased.v1";
  std::string key_id;        ///< of the data key, as it stands in front of each value that it sealed
  std::int64_t user_id = 0;  ///< number of the operating system's user who ran the command
  bool operator==(const ProjectKeyErased&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProjectKeyErased, (), (key_id, user_id))

using ProjectEvent = std::variant<ProjectCreated, ProjectMemberSet, ProjectMemberRemoved, ProjectKeyErased>;

std::string_view type_of_event(const ProjectEvent& event);
std::string encode_event(const ProjectEvent& event);
/// Fails: invalid `type.unknown` for a type of a newer release; what from_json fails with.
Result<ProjectEvent> decode_project_event(std::string_view type, std::string_view json);

}  // namespace hub::accounts
