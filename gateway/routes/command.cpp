#include "gateway/routes/command.hpp"

#include <algorithm>

#include "events/accounts/project_events.hpp"
#include "events/core/digest.hpp"
#include "events/core/ids.hpp"
#include "events/core/json.hpp"

namespace hub::routes {
namespace {

constexpr std::size_t kKeyCharactersMax = 255;
constexpr std::uint64_t kPageMax = 1'000'000'000;
constexpr std::uint64_t kPageSizeMax = 1'000;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

Result<engine::Input> command_of(const http::Request& request, Instant now) {
  engine::Input input;
  const auto& principal = *request.principal;
  if (const auto key = request.header("Idempotency-Key")) {
    if (key->empty() || key->size() > kKeyCharactersMax || !is_printable(*key))
      return invalid("idempotency.key", "must be 1 to 255 printable ASCII characters", "Idempotency-Key");
    input.command_id = command_id_of_key(principal.organisation, principal.id, *key);
  } else {
    input.command_id = random_command_id();
  }
  const auto method = std::to_string(static_cast<int>(request.method));
  input.body_hash = as_bytes(sha256({method, " ", request.target, "\n", request.body}));
  input.actor = principal.id;
  input.organisation = principal.organisation;
  input.project = principal.project;
  input.correlation_id = request.id;
  input.deadline = now + kCommandPatience;
  return input;
}

std::optional<http::Response> not_done(const http::Request& request, const Result<engine::Reply>& reply,
                                       std::string_view command_id) {
  if (!reply) return http::refuse(request, reply.error());
  if (reply.value().refusal) return http::refuse(request, *reply.value().refusal);
  if (!reply.value().pending) return std::nullopt;
  const auto url = "/api/v1/commands/" + std::string(command_id);
  auto response =
      http::answer("{\"command_id\":" + json_string(command_id) + ",\"status_url\":" + json_string(url) + "}", 202);
  response.headers.emplace_back("Location", url);
  return response;
}

Result<void> check_json(const http::Request& request) {
  const auto type = request.header(http::Field::content_type);
  if (!type || request.body.empty()) return success();
  const auto name = type->substr(0, type->find(';'));
  if (http::equal_without_case(name.substr(0, name.find_last_not_of(" \t") + 1), "application/json")) return success();
  return http::http_failure(415, "http.unsupported_media_type", "a body must be application/json");
}

std::string Paging::json(const std::vector<std::string>& items, std::size_t total) const {
  std::string json = "{\"items\":[";
  for (const auto& item : items) {
    if (json.back() != '[') json += ',';
    json += item;
  }
  return json + "],\"total\":" + std::to_string(total) + ",\"page\":" + std::to_string(page) +
         ",\"page_size\":" + std::to_string(size) + "}";
}

Result<Paging> paging_of(const http::Request& request) {
  Paging paging;
  HUB_TRY(const auto page, request.query.number("page", 1, kPageMax));
  if (page) paging.page = *page;
  HUB_TRY(const auto size, request.query.number("page_size", 1, kPageSizeMax));
  if (size) paging.size = *size;
  return paging;
}

void note_missing(const http::Request& request, std::string_view id) {
  if (is_id(id)) request.missed.emplace_back(id);
}

void note_missing_right(const http::Request& request, std::string_view project) {
  note_missing(request, accounts::project_id(request.principal->organisation, project));
}

Result<void> require(const http::Request& request, accounts::Role role, std::string_view project) {
  if (request.principal->may(role, project)) return success();
  note_missing_right(request, project);
  return forbidden("auth.forbidden", "you have not the right to do this here");
}

Result<std::string> project_of(const http::Request& request, accounts::Role role) {
  std::string project(request.query.get("project").value_or(request.principal->project));
  HUB_TRY(require(request, role, project));
  return project;
}

}  // namespace hub::routes
