#include "actors/accounts/project.hpp"

#include "actors/accounts/names.hpp"
#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::accounts {
namespace {

using Events = std::vector<ProjectEvent>;
using engine::Context;

bool exists(const ProjectState& state, const Context& context) {
  // A new system has it before anything was recorded, so that nobody has to make it first.
  static const std::string default_id = project_id(kDefaultOrganisation, kDefaultProject);
  return state.created || context.entity == default_id;
}

Failure unknown_project() {
  return not_found("project.unknown", "there is no such project");
}

Result<Events> decide_create(const ProjectState& state, const CreateProject& c, const Context& context) {
  if (!is_name(c.name, kProjectNameSizeMax, ""))
    return invalid("project.name", "1 to 64 letters, digits, '_', '.' or '-'", "name");
  if (context.entity != project_id(context.organisation, c.name))
    return invalid("project.id", "this name belongs to another id");
  if (exists(state, context)) return conflict("project.exists", "there is a project of this name already");
  Events events{ProjectCreated{c.name, std::string(context.organisation), std::string(context.actor)}};
  // Whoever makes a project is its first admin, a user by name and an API key by id: else nobody could let anybody in.
  for (const std::string_view kind : {"user:", "key:"})
    if (context.actor.starts_with(kind))
      events.push_back(ProjectMemberSet{std::string(context.actor.substr(kind.size())), Role::admin});
  return events;
}

Result<Events> decide_set(const ProjectState& state, const SetMember& c, const Context& context) {
  if (!exists(state, context)) return unknown_project();
  if (!is_name(c.user, kUserNameSizeMax, "@"))
    return invalid("member.user", "1 to 128 letters, digits, '_', '.', '-' or '@'", "user");
  if (c.role < Role::viewer) return invalid("member.role", "viewer, dev or admin", "role");
  const auto member = state.members.find(c.user);
  if (member == state.members.end() && state.members.size() >= kMembersMax)
    return conflict("project.too_many_members", "a project has at most 256 members");
  if (member != state.members.end() && member->second == c.role) return Events{};
  return Events{ProjectMemberSet{c.user, c.role}};
}

Result<Events> decide_remove(const ProjectState& state, const RemoveMember& c, const Context& context) {
  if (!exists(state, context)) return unknown_project();
  if (state.members.count(c.user) == 0) return not_found("member.unknown", "not a member of this project");
  return Events{ProjectMemberRemoved{c.user}};
}

Result<Events> decide_erasure(const ProjectState& state, const RecordErasure& c, const Context& context) {
  if (!exists(state, context)) return unknown_project();
  if (state.erased_key == c.key_id) return Events{};
  return Events{ProjectKeyErased{c.key_id, c.user_id}};
}

}  // namespace

Result<Events> Project::decide(const State& state, const Command& command, const Context& context) {
  return std::visit(overloaded{[&](const CreateProject& c) { return decide_create(state, c, context); },
                               [&](const SetMember& c) { return decide_set(state, c, context); },
                               [&](const RemoveMember& c) { return decide_remove(state, c, context); },
                               [&](const RecordErasure& c) { return decide_erasure(state, c, context); }},
                    command);
}

void Project::evolve(State& state, const Event& event) {
  std::visit(overloaded{[&](const ProjectCreated&) { state.created = true; },
                        [&](const ProjectMemberSet& e) { state.members[e.user] = e.role; },
                        [&](const ProjectMemberRemoved& e) { state.members.erase(e.user); },
                        [&](const ProjectKeyErased& e) { state.erased_key = e.key_id; }},
             event);
}

engine::Agenda Project::agenda(const State&) {
  return {};
}

Result<Project::Command> Project::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
Result<ProjectEvent> Project::decode_event(std::string_view type, std::string_view json) {
  return decode_project_event(type, json);
}
std::string_view Project::event_type(const Event& event) {
  return type_of_event(event);
}
std::string Project::encode_event(const Event& event) {
  return accounts::encode_event(event);
}
std::string Project::encode_state(const State& state) {
  return to_json(state);
}
Result<ProjectState> Project::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string encode_command(const Project::Command& command) {
  return encode_variant(command);
}

}  // namespace hub::accounts
