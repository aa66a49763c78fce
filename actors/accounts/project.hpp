#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "events/accounts/project_events.hpp"

namespace hub::accounts {

inline constexpr std::size_t kProjectNameSizeMax = 64;
inline constexpr std::size_t kUserNameSizeMax = 128;
inline constexpr std::size_t kMembersMax = 256;  ///< of one project; keeps its state below 64 KiB

/// To entity project_id(organisation, name). The asking user becomes its first admin; a key or the system adds nobody.
/// Refused: conflict `project.exists`; invalid `project.name`, `project.id` (sent to another entity than the name's).
struct CreateProject {
  static constexpr std::string_view type = "CreateProject";
  static constexpr std::string_view required[] = {"name"};
  std::string name;
  bool operator==(const CreateProject&) const = default;
};
BOOST_DESCRIBE_STRUCT(CreateProject, (), (name))

/// Refused: not_found `project.unknown`; invalid `member.user`, `member.role`; conflict `project.too_many_members`.
/// The same role again is accepted and changes nothing.
struct SetMember {
  static constexpr std::string_view type = "SetMember";
  static constexpr std::string_view required[] = {"user", "role"};
  std::string user;
  Role role = Role::none;  ///< not none
  bool operator==(const SetMember&) const = default;
};
BOOST_DESCRIBE_STRUCT(SetMember, (), (user, role))

/// Refused: not_found `project.unknown`, `member.unknown`.
struct RemoveMember {
  static constexpr std::string_view type = "RemoveMember";
  static constexpr std::string_view required[] = {"user"};
  std::string user;
  bool operator==(const RemoveMember&) const = default;
};
BOOST_DESCRIBE_STRUCT(RemoveMember, (), (user))

/// The data key of the project was destroyed. Comes from the command line on a stopped server, by no route. Refused:
/// not_found `project.unknown`. The key that was erased last is accepted again and changes nothing.
struct RecordErasure {
  static constexpr std::string_view type = "RecordErasure";
  static constexpr std::string_view required[] = {"key_id"};
  std::string key_id;
  std::int64_t user_id = 0;  ///< of the operating system
  bool operator==(const RecordErasure&) const = default;
};
BOOST_DESCRIBE_STRUCT(RecordErasure, (), (key_id, user_id))

struct ProjectState {
  bool created = false;
  std::map<std::string, Role> members;  ///< by user, without "user:"
  std::string erased_key;               ///< id of the data key that was destroyed last
  bool operator==(const ProjectState&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProjectState, (), (created, members, erased_key))

/// Aggregate (actors/engine/aggregate.hpp): who may do what in one project.
struct Project {
  static constexpr std::string_view kind = "project";
  static constexpr std::string_view prefix = kProjectPrefix;
  static constexpr std::uint32_t state_version = 1;
  using State = ProjectState;
  using Command = std::variant<CreateProject, SetMember, RemoveMember, RecordErasure>;
  using Event = ProjectEvent;

  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  static engine::Agenda agenda(const State& state);

  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json);
  static std::string_view event_type(const Event& event);
  static std::string encode_event(const Event& event);
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

/// JSON of a command, for whoever sends it.
std::string encode_command(const Project::Command& command);

}  // namespace hub::accounts
