#include "actors/models/names.hpp"
#include "adapters/secrets/secrets.hpp"
#include "events/accounts/project_events.hpp"
#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/export.hpp"
#include "gateway/routes/list_query.hpp"
#include "gateway/routes/model_access.hpp"
#include "gateway/routes/model_body.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

/// How long a model whose name was taken may take to be there.
constexpr Duration kCreationPatience = seconds(5);
constexpr std::size_t kLast4 = 4;

constexpr Column kColumns[] = {{"id", "/id"},
                               {"name", "/name"},
                               {"type", "/type"},
                               {"status", "/status"},
                               {"cooling_down_until", "/cooling_down/until"},
                               {"cooling_down_code", "/cooling_down/code"},
                               {"running", "/running"},
                               {"max_workers", "/max_workers"},
                               {"pending", "/pending"},
                               {"max_queue_size", "/max_queue_size"},
                               {"price", "/price"},
                               {"model", "/model"},
                               {"labels", "/labels"},
                               {"project", "/project"},
                               {"owner", "/owner"},
                               {"created_at", "/created_at"},
                               {"updated_at", "/updated_at"},
                               {"version", "/version"}};

/// A key that was stored for a command. Each request has a name of its own for it, so that a changed key is a changed
/// description, and that another request under the same Idempotency-Key, which is refused, replaces no key in use.
struct StoredKey {
  std::string name;
  std::string last4;
};

std::string key_name(std::string_view model, const engine::Input& input) {
  constexpr std::size_t kDigits = 16;
  return std::string(model) + "." + to_hex(sha256({input.command_id, input.body_hash})).substr(0, kDigits);
}

/// Only of keys that are long enough for the rest to stay a secret.
std::string last4_of(std::string_view key) {
  constexpr std::size_t kShownFrom = 12;
  return key.size() < kShownFrom ? std::string() : std::string(key.substr(key.size() - kLast4));
}

asio::awaitable<Result<StoredKey>> store_key(Services& services, const engine::Input& input, const std::string& model,
                                             const std::string& key) {
  StoredKey stored{key_name(model, input), last4_of(key)};
  const auto put = co_await on_blocking(services, [&] {
    return services.secrets.put(input.organisation, input.project, stored.name, key, services.clock());
  });
  if (!put) co_return put.error();
  co_return stored;
}

/// What is left over of a key does no harm: nobody is told its name.
asio::awaitable<void> drop_key(Services& services, const std::string& organisation, const std::string& project,
                               const std::string& name) {
  static_cast<void>(
      co_await on_blocking(services, [&] { return services.secrets.remove(organisation, project, name); }));
}

/// For certain: what was stored for it is of no use.
bool is_refused(const Result<engine::Reply>& reply) {
  return reply && reply.value().refusal;
}

asio::awaitable<Response> answer_model(Services& services, const Request& request, const std::string& id,
                                       unsigned status) {
  const auto item = services.models.get(id);
  if (!item) co_return http::refuse(request, item.error());
  auto response = http::answer(item.value().json, status);
  if (status == 201) response.headers.emplace_back("Location", "/api/v1/models/" + id);
  co_return response;
}

struct Creation {
  engine::Input input;
  ModelBody body;
};

Result<Creation> creation_of(Services& services, const Request& request) {
  HUB_TRY(request.query.only({"project"}));
  HUB_TRY(check_json(request));
  HUB_TRY(const auto project, project_of(request, accounts::Role::dev));
  HUB_TRY(auto body, parse_model(request.body, services.model_rules));
  HUB_TRY(auto input, command_of(request, services.clock()));
  const auto self = derive_id(models::kModelPrefix, input.command_id, 0);
  HUB_TRY(body.spec.fallbacks, fallbacks_of(services, project, self, body.spec.fallbacks));
  input.project = project;
  input.entity = models::names_id(input.organisation, project);
  input.type = models::ClaimModelName::type;
  return Creation{std::move(input), std::move(body)};
}

asio::awaitable<Response> post_model(Services& services, Request& request) {
  auto creation = creation_of(services, request);
  if (!creation) co_return http::refuse(request, creation.error());
  auto& [input, body] = creation.value();
  const auto id = derive_id(models::kModelPrefix, input.command_id, 0);
  if (!body.api_key.empty()) {
    const auto key = co_await store_key(services, input, id, body.api_key);
    if (!key) co_return http::refuse(request, key.error());
    body.spec.api_key = key.value().name;
    body.spec.api_key_last4 = key.value().last4;
  }
  input.data = encode_command(models::Names::Command(models::ClaimModelName{id, body.spec, body.status}));
  const auto organisation = input.organisation, project = input.project, command_id = input.command_id;
  const auto reply = co_await send(services, std::move(input));
  if (is_refused(reply) && body.spec.api_key) co_await drop_key(services, organisation, project, *body.spec.api_key);
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  // The name is its own; the model itself comes by a message.
  const std::function<bool()> is_there = [&] { return services.models.view(id).has_value(); };
  co_await await_row(services.task_rows, id, kCreationPatience, is_there);
  co_return co_await answer_model(services, request, id, 201);
}

/// The model as it is behind a command to it, or to who decides its name, which it hears of by a message.
asio::awaitable<Response> answer_changed(Services& services, const Request& request, const model_rows::View& before,
                                         const engine::Reply& reply) {
  if (reply.entity == before.id) {
    co_await reach(services.models.progress(), reply.position);
  } else if (reply.batch) {
    const std::function<bool()> is_newer = [&] {
      const auto now = services.models.view(before.id);
      return !now || now.value().version > before.version;
    };
    co_await await_row(services.task_rows, before.id, kCreationPatience, is_newer);
  }
  co_return co_await answer_model(services, request, before.id, 200);
}

Result<engine::Input> input_for(Services& services, const Request& request, const model_rows::View& model,
                                std::string_view type) {
  HUB_TRY(auto input, command_of(request, services.clock()));
  input.entity = model.id;
  input.project = model.project;
  input.type = type;
  return input;
}

asio::awaitable<Response> patch_model(Services& services, Request& request) {
  if (const auto known = request.query.only({"project"}); !known) co_return http::refuse(request, known.error());
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto model = model_of(services, request, request.param("id"), accounts::Role::dev);
  if (!model) co_return http::refuse(request, model.error());
  const auto now = model_rows::spec_of(model.value());
  if (!now) co_return http::refuse(request, now.error());
  auto patch = parse_model_patch(request.body, now.value(), services.model_rules);
  if (!patch) co_return http::refuse(request, patch.error());
  auto input = input_for(services, request, model.value(), models::ChangeModel::type);
  if (!input) co_return http::refuse(request, input.error());
  auto& [change, api_key] = patch.value();
  if (change.fallbacks) {
    auto ids = fallbacks_of(services, model.value().project, model.value().id, *change.fallbacks);
    if (!ids) co_return http::refuse(request, ids.error());
    change.fallbacks = std::move(ids).value();
  }
  if (api_key && api_key->empty()) {
    change.api_key = "";
  } else if (api_key) {
    const auto key = co_await store_key(services, input.value(), model.value().id, *api_key);
    if (!key) co_return http::refuse(request, key.error());
    change.api_key = key.value().name;
    change.api_key_last4 = key.value().last4;
  }
  if (change.name && *change.name != now.value().name) {
    input.value().entity = models::names_id(input.value().organisation, model.value().project);
    input.value().type = models::RenameModel::type;
    input.value().data = encode_command(models::Names::Command(models::RenameModel{model.value().id, change}));
  } else {
    change.name.reset();
    input.value().data = encode_command(models::Command(models::ChangeModel{change}));
  }
  const auto organisation = input.value().organisation, command_id = input.value().command_id;
  const auto& project = model.value().project;
  const auto reply = co_await send(services, std::move(input).value());
  const bool has_new_key = change.api_key && !change.api_key->empty();
  if (is_refused(reply) && has_new_key) co_await drop_key(services, organisation, project, *change.api_key);
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  auto response = co_await answer_changed(services, request, model.value(), reply.value());
  // A repeat changed nothing: what the model has is in use.
  if (change.api_key && now.value().api_key && reply.value().batch)
    co_await drop_key(services, organisation, project, *now.value().api_key);
  co_return response;
}

asio::awaitable<Response> delete_model(Services& services, Request& request) {
  if (const auto known = request.query.only({"project"}); !known) co_return http::refuse(request, known.error());
  const auto model = model_of(services, request, request.param("id"), accounts::Role::dev);
  if (!model) co_return http::refuse(request, model.error());
  auto input = input_for(services, request, model.value(), models::DeleteModel::type);
  if (!input) co_return http::refuse(request, input.error());
  input.value().data = "{}";
  const auto organisation = input.value().organisation, command_id = input.value().command_id;
  const auto reply = co_await send(services, std::move(input).value());
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  co_await reach(services.models.progress(), reply.value().position);
  const auto spec = model_rows::spec_of(model.value());
  if (spec && spec.value().api_key)
    co_await drop_key(services, organisation, model.value().project, *spec.value().api_key);
  co_return http::empty_answer(204);
}

asio::awaitable<Response> put_status(Services& services, Request& request) {
  if (const auto known = request.query.only({"project"}); !known) co_return http::refuse(request, known.error());
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto status = parse_model_status(request.body);
  if (!status) co_return http::refuse(request, status.error());
  const auto model = model_of(services, request, request.param("id"), accounts::Role::dev);
  if (!model) co_return http::refuse(request, model.error());
  auto input = input_for(services, request, model.value(), models::SetModelStatus::type);
  if (!input) co_return http::refuse(request, input.error());
  input.value().data = encode_command(models::Command(models::SetModelStatus{status.value()}));
  const auto command_id = input.value().command_id;
  const auto reply = co_await send(services, std::move(input).value());
  if (auto response = not_done(request, reply, command_id)) co_return std::move(*response);
  co_return co_await answer_changed(services, request, model.value(), reply.value());
}

asio::awaitable<Response> get_model(Services& services, Request& request) {
  if (const auto known = request.query.only({"project", "min_pos"}); !known)
    co_return http::refuse(request, known.error());
  if (const auto waited = co_await reach_min_pos(services.models.progress(), request); !waited)
    co_return http::refuse(request, waited.error());
  const auto model = model_of(services, request, request.param("id"), accounts::Role::viewer);
  if (!model) co_return http::refuse(request, model.error());
  co_return http::answer(model_rows::to_answer(model.value()));
}

Result<model_rows::ListQuery> list_query_of(const Request& request) {
  HUB_TRY(request.query.only({"page", "page_size", "cursor", "project", "min_pos", "status", "type", "label", "text"}));
  model_rows::ListQuery query;
  HUB_TRY(query.projects, projects_of(request));
  HUB_TRY(read_page(request, query));
  if (const auto status = request.query.get("status")) {
    query.status = enum_of<models::Status>(*status);
    if (!query.status) return invalid("query.range", "must be online, offline or draining", "status");
  }
  HUB_TRY(auto type, request.query.text("type"));
  if (!type.empty()) query.type = std::move(type);
  HUB_TRY(query.labels, label_in(request));
  HUB_TRY(query.text, request.query.text("text"));
  return query;
}

asio::awaitable<Response> list_models(Services& services, Request& request) {
  const auto query = list_query_of(request);
  if (!query) co_return http::refuse(request, query.error());
  if (const auto waited = co_await reach_min_pos(services.models.progress(), request); !waited)
    co_return http::refuse(request, waited.error());
  if (const auto format = export_format_of(request); format != ExportFormat::none) {
    auto pages = services.models.pages(query.value(), kExportPageSize);
    const ExportOf what{"models", kColumns};
    co_return co_await export_list(services, request, format, what, std::move(pages));
  }
  const auto answer = services.models.list(query.value());
  if (!answer) co_return http::refuse(request, answer.error());
  co_return http::answer(answer.value().to_json());
}

}  // namespace

void add_models(http::Router& router, Services& services) {
  using http::Verb;
  const std::string all = "/api/v1/models", one = all + "/{id}";
  router.add({Verb::post, all, [&services](Request& request) { return post_model(services, request); }});
  router.add({Verb::get, all, [&services](Request& request) { return list_models(services, request); }});
  router.add({Verb::get, one, [&services](Request& request) { return get_model(services, request); }});
  router.add({Verb::patch, one, [&services](Request& request) { return patch_model(services, request); }});
  router.add({Verb::delete_, one, [&services](Request& request) { return delete_model(services, request); }});
  router.add({Verb::put, one + "/status", [&services](Request& request) { return put_status(services, request); }});
}

}  // namespace hub::routes
