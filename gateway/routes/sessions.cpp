// Sessions of browsers: a token is traded for a cookie that no script can read.
#include "actors/accounts/session.hpp"
#include "events/accounts/token.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/http/cookie.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/caller.hpp"
#include "gateway/routes/catch_up.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;
using PrincipalPtr = accounts::AccessTable::PrincipalPtr;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

struct SignIn {
  std::optional<std::string> token;
  bool dev = false;
};
BOOST_DESCRIBE_STRUCT(SignIn, (), (token, dev))

Failure unauthorised(std::string_view code, std::string_view detail) {
  return {FailureKind::unauthorised, std::string(code), std::string(detail), {}, 0};
}

/// `expires_at`: of its session; unset for who came with a token.
std::string who_json(Services& services, const accounts::Principal& principal, Instant expires_at) {
  const auto text_or_null = [](std::string_view text) {
    return text.empty() ? std::string("null") : json_string(text);
  };
  return "{\"principal\":" + principal_json(principal) + ",\"session\":" + text_or_null(principal.session) +
         ",\"expires_at\":" + text_or_null(expires_at.is_set() ? to_rfc3339(expires_at) : std::string()) +
         ",\"dev\":" + (services.dev_token.empty() ? "false}" : "true}");
}

/// What others may have opened or ended meanwhile is not waited for when it cannot be found out.
asio::awaitable<void> catch_up_if_shared(Services& services) {
  const std::vector<std::string> all;
  if (services.log.inputs() != nullptr) co_await catch_up(services.log, all);
}

/// By the session that another node may have opened just now.
asio::awaitable<PrincipalPtr> find_again(Services& services, const Request& request) {
  const auto caller = caller_of(request);
  if (caller.kind == http::Credential::Kind::none) co_return nullptr;
  co_await catch_up_if_shared(services);
  co_return principal_now(services, caller);
}

asio::awaitable<Response> get_session(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (!request.principal) request.principal = co_await find_again(services, request);
  if (request.principal) {
    const auto end = services.access.end_of_session(request.principal->session);
    co_return http::answer(who_json(services, *request.principal, end));
  }
  auto response = http::refuse(request, unauthorised("auth.required", "nobody is signed in"));
  // Whether there is a button that needs no token is for those to know who are not signed in.
  if (!services.dev_token.empty()) response.body.insert(response.body.size() - 1, R"(,"dev":true)");
  co_return response;
}

/// Who signs in, by the token. Fails: unauthorised `auth.invalid`.
asio::awaitable<Result<PrincipalPtr>> owner_of(Services& services, const std::string& token) {
  auto owner = services.access.find(token, services.clock());
  if (!owner) {
    co_await catch_up_if_shared(services);
    owner = services.access.find(token, services.clock());
  }
  if (!owner) co_return unauthorised("auth.invalid", "the token is not valid, or no longer");
  co_return owner;
}

/// The token to sign in with. Fails: what check_json and from_json fail with; invalid `session.token`; forbidden
/// `session.no_dev`.
Result<std::string> token_in(Services& services, const Request& request) {
  HUB_TRY(request.query.only({}));
  HUB_TRY(check_json(request));
  HUB_TRY(auto body, from_json<SignIn>(request.body));
  if (body.token.has_value() == body.dev) return invalid("session.token", "give a token, or dev: true", "token");
  if (body.token) return std::move(*body.token);
  if (services.dev_token.empty() || !request.remote.is_loopback())
    return forbidden("session.no_dev", "only a server for development lets in without a token");
  return services.dev_token;
}

/// The browser's older session: a copy of it is of no more use than the session that was replaced.
asio::awaitable<void> end_replaced(Services& services, const Request& request, PrincipalPtr older) {
  if (!older || older->session.empty()) co_return;
  auto input = command_of(request, services.clock());
  if (!input) co_return;
  input.value().command_id = random_command_id();
  input.value().entity = older->session;
  input.value().type = accounts::EndSession::type;
  input.value().data = accounts::encode_command(accounts::EndSession{});
  co_await send(services, std::move(input).value());
}

/// What is recorded holds neither the token nor a hash of it: a token for development may be short enough to guess.
engine::Input open_command(Services& services, const Request& request, const std::string& secret, Instant expires_at) {
  engine::Input input;
  const auto& owner = *request.principal;
  const auto hash = accounts::token_hash(secret);
  input.command_id = random_command_id();
  input.body_hash = as_bytes(sha256({hash}));
  input.actor = owner.id;
  input.organisation = owner.organisation;
  input.project = owner.project;
  input.correlation_id = request.id;
  input.deadline = services.clock() + kCommandPatience;
  input.entity = derive_id(accounts::kSessionPrefix, input.command_id, 0);
  input.type = accounts::OpenSession::type;
  input.data = accounts::encode_command(accounts::OpenSession{owner.id, hash, expires_at});
  return input;
}

asio::awaitable<Response> post_session(Services& services, Request& request) {
  const auto older = request.principal;
  const auto token = token_in(services, request);
  if (!token) co_return http::refuse(request, token.error());
  auto owner = co_await owner_of(services, token.value());
  if (!owner) co_return http::refuse(request, owner.error());
  request.principal = std::move(owner).value();
  // Never what the browser brought along: whoever put that there would know it.
  const auto secret = accounts::make_session_secret();
  const auto now = services.clock();
  auto input = open_command(services, request, secret, now + services.session_lifetime);
  const auto command_id = input.command_id;
  const auto reply = co_await send(services, std::move(input));
  const auto cookie = [&](Response response) {
    const std::chrono::seconds lifetime(services.session_lifetime.micros / kMicrosPerSecond);
    response.headers.emplace_back("Set-Cookie", http::set_session_cookie(request, secret, lifetime));
    return response;
  };
  if (auto other = not_done(request, reply, command_id)) {
    // It may be opened yet, and nobody will be told its secret again.
    co_return other->status == 202 ? cookie(std::move(*other)) : std::move(*other);
  }
  co_await end_replaced(services, request, older);
  auto opened = *request.principal;
  opened.session = reply.value().entity;
  co_return cookie(http::answer(who_json(services, opened, services.access.end_of_session(opened.session)), 201));
}

asio::awaitable<Response> delete_session(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto& session = request.principal->session;
  if (session.empty())
    co_return http::refuse(request, not_found("session.unknown", "who comes with a token has no session to end"));
  auto input = command_of(request, services.clock());
  if (!input) co_return http::refuse(request, input.error());
  const auto command_id = input.value().command_id;
  input.value().entity = session;
  input.value().type = accounts::EndSession::type;
  input.value().data = accounts::encode_command(accounts::EndSession{});
  const auto reply = co_await send(services, std::move(input).value());
  if (auto other = not_done(request, reply, command_id)) co_return std::move(*other);
  auto response = http::empty_answer(204);
  response.headers.emplace_back("Set-Cookie", http::clear_session_cookie(request));
  co_return response;
}

}  // namespace

void add_sessions(http::Router& router, Services& services) {
  using http::Access;
  using http::Verb;
  const auto add = [&](Verb verb, Access access, asio::awaitable<Response> (*handler)(Services&, Request&)) {
    router.add({verb, "/api/v1/session", [&services, handler](Request& r) { return handler(services, r); }, access});
  };
  add(Verb::get, Access::everyone, get_session);
  add(Verb::post, Access::everyone, post_session);
  add(Verb::delete_, Access::token, delete_session);
}

}  // namespace hub::routes
