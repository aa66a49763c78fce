#include "adapters/secrets/secrets.hpp"

#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

struct PutSecret {
  static constexpr std::string_view required[] = {"value"};
  std::string value;
};
BOOST_DESCRIBE_STRUCT(PutSecret, (), (value))

/// The project, when the caller has the role there and the query has nothing else.
Result<std::string> secret_project(const Request& request, accounts::Role role) {
  HUB_TRY(request.query.only({"project"}));
  return project_of(request, role);
}

asio::awaitable<Response> list_secrets(Services& services, Request& request) {
  if (const auto known = request.query.only({"project", "page", "page_size"}); !known)
    co_return http::refuse(request, known.error());
  const auto paging = paging_of(request);
  if (!paging) co_return http::refuse(request, paging.error());
  const auto project = project_of(request, accounts::Role::viewer);
  if (!project) co_return http::refuse(request, project.error());
  const auto all = services.secrets.list(request.principal->organisation, project.value());
  std::vector<std::string> items;
  for (auto place = paging.value().offset(); place < all.size() && items.size() < paging.value().size; ++place)
    items.push_back(secrets::encode_item(all[place]));
  co_return http::answer(paging.value().json(items, all.size()));
}

asio::awaitable<Response> get_secret(Services& services, Request& request) {
  const auto project = secret_project(request, accounts::Role::viewer);
  if (!project) co_return http::refuse(request, project.error());
  for (const auto& item : services.secrets.list(request.principal->organisation, project.value()))
    if (item.name == request.param("name")) co_return http::answer(secrets::encode_item(item));
  co_return http::refuse(request, not_found("secrets.unknown", "no secret of this name in the project"));
}

asio::awaitable<Response> put_secret(Services& services, Request& request) {
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto project = secret_project(request, accounts::Role::dev);
  if (!project) co_return http::refuse(request, project.error());
  const auto body = from_json<PutSecret>(request.body);
  if (!body) co_return http::refuse(request, body.error());
  const auto item = co_await on_blocking(services, [&] {
    return services.secrets.put(request.principal->organisation, project.value(), request.param("name"),
                                body.value().value, services.clock());
  });
  if (!item) co_return http::refuse(request, item.error());
  co_return http::answer(secrets::encode_item(item.value()));
}

asio::awaitable<Response> delete_secret(Services& services, Request& request) {
  const auto project = secret_project(request, accounts::Role::dev);
  if (!project) co_return http::refuse(request, project.error());
  const auto done = co_await on_blocking(services, [&] {
    return services.secrets.remove(request.principal->organisation, project.value(), request.param("name"));
  });
  if (!done) co_return http::refuse(request, done.error());
  co_return http::empty_answer(204);
}

}  // namespace

void add_secrets(http::Router& router, Services& services) {
  using http::Verb;
  const std::string one = "/api/v1/secrets/{name}";
  router.add({Verb::get, "/api/v1/secrets", [&services](Request& r) { return list_secrets(services, r); }});
  router.add({Verb::get, one, [&services](Request& r) { return get_secret(services, r); }});
  router.add({Verb::put, one, [&services](Request& r) { return put_secret(services, r); }});
  router.add({Verb::delete_, one, [&services](Request& r) { return delete_secret(services, r); }});
}

}  // namespace hub::routes
