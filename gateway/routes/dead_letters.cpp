// Dead letters: listed, shown with their exact bytes, driven again, removed. For admins of the project that they are
// of; those that are nobody's, for admins of their own project.
#include "actors/engine/batch_rows.hpp"
#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using engine::DeadLetter;
using http::Request;
using http::Response;

/// The newest of them are listed; what is older is found by its id.
constexpr std::size_t kListedMax = 10'000;
/// Times that one letter is driven again although it is refused each time.
constexpr std::uint32_t kRedrivesMax = 100;

enum class Source { command, message, timer, effect, foreign };
BOOST_DESCRIBE_ENUM(Source, command, message, timer, effect, foreign)

struct Place {
  std::string topic;
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  std::optional<std::string> key_base64;
  std::optional<std::vector<std::map<std::string, std::string>>> headers;
};
BOOST_DESCRIBE_STRUCT(Place, (), (topic, partition, offset, key_base64, headers))

struct Item {
  std::string id;
  Instant at;
  std::string node;
  std::string reason;
  Source source = Source::command;
  std::string entity;
  std::string type;
  std::uint64_t size = 0;
  Instant redriven_at;
  std::optional<std::string> redriven_as;
  std::optional<Place> foreign;
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, at, node, reason, source, entity, type, size, redriven_at, redriven_as, foreign))

/// Beside what its item says.
struct Rest {
  std::string data_base64;
  std::optional<std::string> data;
  std::string command_id;
  std::string actor;
  std::string organisation;
  std::string project;
  std::string correlation_id;
};
BOOST_DESCRIBE_STRUCT(Rest, (), (data_base64, data, command_id, actor, organisation, project, correlation_id))

struct Redriven {
  std::string id;
  std::string command_id;
  std::string state;  ///< "accepted" or "refused"
  std::optional<std::int32_t> status;
  std::optional<std::string> code;
  std::optional<std::string> detail;
  std::optional<std::string> field;
  std::string entity;
  std::optional<Version> version;
};
BOOST_DESCRIBE_STRUCT(Redriven, (), (id, command_id, state, status, code, detail, field, entity, version))

struct Owner {
  std::string organisation;
  std::string project;
};

/// Timers and results of effects have no owner but that of their entity.
Owner owner_of(Services& services, const DeadLetter& letter) {
  const auto& input = letter.input;
  if (!input.organisation.empty() || letter.foreign) return {input.organisation, input.project};
  const auto row = services.engine.store().entity(input.entity);
  if (!row || !row.value()) return {};
  return {row.value()->organisation, row.value()->project};
}

bool may_see(Services& services, const Request& request, const DeadLetter& letter) {
  const auto& principal = *request.principal;
  const auto owner = owner_of(services, letter);
  if (owner.organisation.empty()) return principal.may(accounts::Role::admin, principal.project);
  return owner.organisation == principal.organisation && principal.may(accounts::Role::admin, owner.project);
}

Item item_of(const DeadLetter& letter) {
  Item item;
  item.id = letter.id;
  item.at = letter.at;
  item.node = letter.node;
  item.reason = letter.reason;
  item.source = letter.foreign ? Source::foreign : static_cast<Source>(letter.input.source);
  item.entity = to_valid_utf8(letter.input.entity);
  item.type = to_valid_utf8(letter.input.type);
  item.size = letter.input.data.size();
  item.redriven_at = letter.redriven_at;
  if (!letter.redriven_as.empty()) item.redriven_as = letter.redriven_as;
  if (letter.foreign)
    item.foreign = Place{letter.foreign->topic, letter.foreign->partition, letter.foreign->offset, {}, {}};
  return item;
}

std::string whole_json(const DeadLetter& letter) {
  const auto& input = letter.input;
  auto item = item_of(letter);
  if (letter.foreign) {
    item.foreign->key_base64 = to_base64(letter.foreign->key);
    auto& headers = item.foreign->headers.emplace();
    for (const auto& [name, value] : letter.foreign->headers)
      headers.push_back({{"name", to_valid_utf8(name)}, {"value_base64", to_base64(value)}});
  }
  Rest rest;
  rest.data_base64 = to_base64(input.data);
  if (is_valid_utf8(input.data)) rest.data = input.data;
  rest.command_id = to_valid_utf8(input.command_id);
  rest.actor = to_valid_utf8(input.actor);
  rest.organisation = to_valid_utf8(input.organisation);
  rest.project = to_valid_utf8(input.project);
  rest.correlation_id = to_valid_utf8(input.correlation_id);
  std::string json = "{";
  append_json_members(json, item);
  append_json_members(json, rest);
  json.back() = '}';
  return json;
}

Failure unknown() {
  return not_found("dead_letters.unknown", "no such dead letter");
}

/// The one that the path names, for those who may see it. Blocks.
Result<DeadLetter> letter_of(Services& services, const Request& request) {
  HUB_TRY(require(request, accounts::Role::admin, request.principal->project));
  auto letter = services.engine.store().dead_letter(request.param("id"));
  if (!letter || !may_see(services, request, *letter)) return unknown();
  return std::move(*letter);
}

std::string list_json(Services& services, const Request& request, const Paging& paging) {
  std::vector<std::string> items;
  std::size_t total = 0;
  for (const auto& letter : services.engine.store().dead_letters(kListedMax)) {
    if (!may_see(services, request, letter)) continue;
    if (total >= paging.offset() && items.size() < paging.size) items.push_back(to_json(item_of(letter)));
    ++total;
  }
  return paging.json(items, total);
}

asio::awaitable<Response> list_letters(Services& services, Request& request) {
  if (const auto known = request.query.only({"page", "page_size"}); !known)
    co_return http::refuse(request, known.error());
  const auto paging = paging_of(request);
  if (!paging) co_return http::refuse(request, paging.error());
  if (const auto may = require(request, accounts::Role::admin, request.principal->project); !may)
    co_return http::refuse(request, may.error());
  co_return http::answer(co_await on_blocking(services, [&] { return list_json(services, request, paging.value()); }));
}

asio::awaitable<Response> get_letter(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto letter = co_await on_blocking(services, [&] { return letter_of(services, request); });
  if (!letter) co_return http::refuse(request, letter.error());
  co_return http::answer(whole_json(letter.value()));
}

asio::awaitable<Response> delete_letter(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto removed = co_await on_blocking(services, [&]() -> Result<void> {
    HUB_TRY(const auto letter, letter_of(services, request));
    if (!services.engine.store().drop_dead_letter(letter.id)) return unknown();
    services.letter_changed(letter, engine::LetterChange::removed);
    return success();
  });
  if (!removed) co_return http::refuse(request, removed.error());
  co_return http::empty_answer(204);
}

/// A command of the letter's that was not refused yet: the first, or the one behind those that were.
struct Attempt {
  engine::Input input;
  std::optional<engine::CommandRow> accepted;  ///< it was done already
};

Attempt attempt_of(Services& services, const DeadLetter& letter) {
  Attempt attempt;
  for (std::uint32_t number = 0; number < kRedrivesMax; ++number) {
    attempt.input = engine::redrive_input(letter, number);
    const auto row = services.engine.store().command(attempt.input.command_id, services.clock());
    if (!row) break;
    if (!row->outcome.accepted()) continue;
    attempt.accepted = row;
    break;
  }
  return attempt;
}

Response accepted(const DeadLetter& letter, const std::string& command_id, std::optional<Version> version) {
  Redriven answer;
  answer.id = letter.id;
  answer.command_id = command_id;
  answer.state = "accepted";
  answer.entity = letter.input.entity;
  answer.version = version;
  return http::answer(to_json(answer));
}

Response refused(const DeadLetter& letter, const std::string& command_id, const Failure& refusal) {
  Redriven answer;
  answer.id = letter.id;
  answer.command_id = command_id;
  answer.state = "refused";
  answer.status = refusal.http_status();
  answer.code = refusal.code;
  answer.detail = refusal.detail;
  if (!refusal.field.empty()) answer.field = refusal.field;
  answer.entity = letter.input.entity;
  return http::answer(to_json(answer));
}

/// What was not decided may be tried again, and is no answer to it.
bool is_decided(const Failure& refusal) {
  log::Outcome outcome;
  outcome.status = refusal.http_status();
  return engine::is_final(outcome);
}

asio::awaitable<Response> redrive(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto found = co_await on_blocking(services, [&] { return letter_of(services, request); });
  if (!found) co_return http::refuse(request, found.error());
  auto letter = found.value();
  if (letter.foreign)
    co_return http::refuse(request, conflict("dead_letters.foreign",
                                             "this record is not one of ours: there is nobody who could decide it"));
  // Beyond the time that outcomes are remembered the letter itself knows.
  if (letter.redriven_well) co_return accepted(letter, letter.redriven_as, std::nullopt);
  auto attempt = attempt_of(services, letter);
  const auto command_id = attempt.input.command_id;
  const auto mark = [&](bool well) {
    return services.engine.store().change_dead_letter(letter.id, [&](DeadLetter& kept) {
      kept.redriven_at = letter.redriven_at = services.clock();
      kept.redriven_as = letter.redriven_as = command_id;
      kept.redriven_well = letter.redriven_well = well;
    });
  };
  if (attempt.accepted) {
    co_await on_blocking(services, [&] { return mark(true); });
    services.letter_changed(letter, engine::LetterChange::redriven);
    co_return accepted(letter, command_id, attempt.accepted->outcome.version);
  }
  const auto reply = co_await send(services, std::move(attempt.input));
  const auto* refusal = !reply ? &reply.error() : reply.value().refusal ? &*reply.value().refusal : nullptr;
  if (refusal != nullptr && !is_decided(*refusal)) co_return http::refuse(request, *refusal);
  const bool pending = reply && reply.value().pending;
  co_await on_blocking(services, [&] { return mark(refusal == nullptr && !pending); });
  services.letter_changed(letter, engine::LetterChange::redriven);
  if (refusal != nullptr) co_return refused(letter, command_id, *refusal);
  if (pending) co_return *not_done(request, reply, command_id);
  co_return accepted(letter, command_id, reply.value().version);
}

}  // namespace

void add_dead_letters(http::Router& router, Services& services) {
  using http::Verb;
  const std::string all = "/api/v1/system/dead-letters", one = all + "/{id}";
  router.add({Verb::get, all, [&services](Request& r) { return list_letters(services, r); }});
  router.add({Verb::get, one, [&services](Request& r) { return get_letter(services, r); }});
  router.add({Verb::delete_, one, [&services](Request& r) { return delete_letter(services, r); }});
  router.add({Verb::post, one + "/redrive", [&services](Request& r) { return redrive(services, r); }});
}

}  // namespace hub::routes
