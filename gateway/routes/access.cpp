// Who asks, projects and their members, API keys.
#include "actors/accounts/api_key.hpp"
#include "actors/accounts/project.hpp"
#include "events/accounts/token.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/caller.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using accounts::Role;
using http::Request;
using http::Response;

struct RoleBody {
  static constexpr std::string_view required[] = {"role"};
  Role role = Role::none;
};
struct KeyBody {
  static constexpr std::string_view required[] = {"role"};
  std::string name;
  std::optional<std::string> project;
  Role role = Role::none;
  std::optional<Instant> expires_at;
  std::optional<std::string> host;
};
BOOST_DESCRIBE_STRUCT(RoleBody, (), (role))
BOOST_DESCRIBE_STRUCT(KeyBody, (), (name, project, role, expires_at, host))

asio::awaitable<Response> get_me(Services&, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  co_return http::answer(principal_json(*request.principal));
}

/// Sends the command; empty when it was accepted, else what is to be answered.
asio::awaitable<std::optional<Response>> carry_out(Services& services, const Request& request, engine::Input input) {
  const auto command_id = input.command_id;
  const auto reply = co_await send(services, std::move(input));
  co_return not_done(request, reply, command_id);
}

template <class Command>
void fill(engine::Input& input, std::string entity, const Command& command) {
  input.entity = std::move(entity);
  input.type = Command::type;
  input.data = accounts::encode_command(command);
}

asio::awaitable<Response> list_projects(Services& services, Request& request) {
  if (const auto known = request.query.only({"page", "page_size"}); !known)
    co_return http::refuse(request, known.error());
  const auto paging = paging_of(request);
  if (!paging) co_return http::refuse(request, paging.error());
  std::vector<std::string> items;
  std::size_t place = 0;
  const auto first = paging.value().offset(), last = first + paging.value().size;
  for (const auto& [name, role] : request.principal->roles) {
    const auto project = services.access.project(request.principal->organisation, name);
    if (!project || role < Role::viewer) continue;
    if (place >= first && place < last) items.push_back(accounts::encode_item(*project));
    ++place;
  }
  co_return http::answer(paging.value().json(items, place));
}

Result<engine::Input> create_project_command(Services& services, const Request& request, std::string& name) {
  HUB_TRY(request.query.only({}));
  HUB_TRY(check_json(request));
  HUB_TRY(require(request, Role::admin, request.principal->project));
  HUB_TRY(const auto body, from_json<accounts::CreateProject>(request.body));
  HUB_TRY(auto input, command_of(request, services.clock()));
  name = body.name;
  fill(input, accounts::project_id(request.principal->organisation, name), body);
  input.project = name;
  return input;
}

asio::awaitable<Response> post_project(Services& services, Request& request) {
  std::string name;
  auto input = create_project_command(services, request, name);
  if (!input) co_return http::refuse(request, input.error());
  if (auto other = co_await carry_out(services, request, std::move(input).value())) co_return std::move(*other);
  const auto project = services.access.project(request.principal->organisation, name);
  HUB_ASSERT(project.has_value());
  co_return http::answer(accounts::encode_item(*project), 201);
}

/// The project of the path, by name or id, when the caller is its admin.
Result<accounts::ProjectItem> project_of_path(Services& services, const Request& request) {
  HUB_TRY(request.query.only({}));
  const auto wanted = request.param("id");
  for (const auto& [name, role] : request.principal->roles) {
    const auto project = services.access.project(request.principal->organisation, name);
    if (!project || (project->name != wanted && project->id != wanted)) continue;
    HUB_TRY(require(request, Role::admin, name));
    return *project;
  }
  // Its own id, or the name that its id is made of.
  if (is_id(wanted))
    note_missing(request, wanted);
  else
    note_missing_right(request, wanted);
  return not_found("project.unknown", "no such project");
}

template <class Command>
asio::awaitable<Response> change_members(Services& services, Request& request, const Command& command) {
  const auto project = project_of_path(services, request);
  if (!project) co_return http::refuse(request, project.error());
  auto input = command_of(request, services.clock());
  if (!input) co_return http::refuse(request, input.error());
  fill(input.value(), accounts::project_id(request.principal->organisation, project.value().name), command);
  input.value().project = project.value().name;
  if (auto other = co_await carry_out(services, request, std::move(input).value())) co_return std::move(*other);
  const auto now = services.access.project(request.principal->organisation, project.value().name);
  HUB_ASSERT(now.has_value());
  co_return http::answer(accounts::encode_item(*now));
}

asio::awaitable<Response> put_member(Services& services, Request& request) {
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto body = from_json<RoleBody>(request.body);
  if (!body) co_return http::refuse(request, body.error());
  const accounts::SetMember command{std::string(request.param("user")), body.value().role};
  co_return co_await change_members(services, request, command);
}

asio::awaitable<Response> delete_member(Services& services, Request& request) {
  const accounts::RemoveMember command{std::string(request.param("user"))};
  co_return co_await change_members(services, request, command);
}

Result<engine::Input> create_key_command(Services& services, const Request& request, const std::string& token) {
  HUB_TRY(request.query.only({}));
  HUB_TRY(check_json(request));
  HUB_TRY(const auto body, from_json<KeyBody>(request.body));
  const auto project = body.project.value_or(request.principal->project);
  HUB_TRY(require(request, Role::admin, project));
  if (!services.access.has_project(request.principal->organisation, project)) {
    note_missing_right(request, project);
    return not_found("project.unknown", "no such project");
  }
  HUB_TRY(auto input, command_of(request, services.clock()));
  const accounts::CreateApiKey command{
      body.name, project, body.role, body.expires_at, accounts::token_hash(token), request.principal->id, body.host};
  fill(input, derive_id(accounts::kApiKeyPrefix, input.command_id, 0), command);
  input.project = project;
  return input;
}

asio::awaitable<Response> post_api_key(Services& services, Request& request) {
  const auto token = accounts::make_token();
  auto input = create_key_command(services, request, token);
  if (!input) co_return http::refuse(request, input.error());
  const auto command_id = input.value().command_id;
  const auto reply = co_await send(services, std::move(input).value());
  const auto with_token = [&](std::string json) {
    json.insert(json.size() - 1, ",\"token\":" + json_string(token));
    return json;
  };
  if (auto other = not_done(request, reply, command_id)) {
    // The key may be made yet, and nobody will be told its token again.
    if (other->status == 202) other->body = with_token(std::move(other->body));
    co_return std::move(*other);
  }
  const auto key = services.access.api_key(request.principal->organisation, reply.value().entity);
  HUB_ASSERT(key.has_value());
  auto json = accounts::encode_item(*key);
  // A repeat answers as the first did, less the token: that one was shown once and is not kept.
  if (!reply.value().repeated) json = with_token(std::move(json));
  co_return http::answer(std::move(json), 201);
}

asio::awaitable<Response> list_api_keys(Services& services, Request& request) {
  if (const auto known = request.query.only({"project", "page", "page_size"}); !known)
    co_return http::refuse(request, known.error());
  const auto paging = paging_of(request);
  if (!paging) co_return http::refuse(request, paging.error());
  const auto project = project_of(request, Role::admin);
  if (!project) co_return http::refuse(request, project.error());
  const auto page = services.access.api_keys(request.principal->organisation, project.value(), paging.value().offset(),
                                             paging.value().size);
  co_return http::answer(paging.value().json(page.items, page.total));
}

asio::awaitable<Response> delete_api_key(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const std::string id(request.param("id"));
  const auto key = services.access.api_key(request.principal->organisation, id);
  const bool foreign = key && !request.principal->may(Role::viewer, key->project);
  if (!key) note_missing(request, id);
  if (foreign) {
    note_missing_right(request, key->project);
    services.refused_access(request, 404, key->project);
  }
  if (!key || foreign) co_return http::refuse(request, not_found("api_key.unknown", "no such API key"));
  if (const auto allowed = require(request, Role::admin, key->project); !allowed)
    co_return http::refuse(request, allowed.error());
  auto input = command_of(request, services.clock());
  if (!input) co_return http::refuse(request, input.error());
  fill(input.value(), id, accounts::RevokeApiKey{});
  input.value().project = key->project;
  if (auto other = co_await carry_out(services, request, std::move(input).value())) co_return std::move(*other);
  co_return http::answer(accounts::encode_item(*services.access.api_key(request.principal->organisation, id)));
}

}  // namespace

void add_access(http::Router& router, Services& services) {
  using http::Verb;
  const auto add = [&](Verb verb, std::string pattern, asio::awaitable<Response> (*handler)(Services&, Request&)) {
    router.add({verb, std::move(pattern), [&services, handler](Request& r) { return handler(services, r); }});
  };
  add(Verb::get, "/api/v1/me", get_me);
  add(Verb::get, "/api/v1/projects", list_projects);
  add(Verb::post, "/api/v1/projects", post_project);
  add(Verb::put, "/api/v1/projects/{id}/members/{user}", put_member);
  add(Verb::delete_, "/api/v1/projects/{id}/members/{user}", delete_member);
  add(Verb::get, "/api/v1/api-keys", list_api_keys);
  add(Verb::post, "/api/v1/api-keys", post_api_key);
  add(Verb::delete_, "/api/v1/api-keys/{id}", delete_api_key);
}

}  // namespace hub::routes
