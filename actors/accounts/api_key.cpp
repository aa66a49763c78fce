#include "actors/accounts/api_key.hpp"

#include "actors/accounts/names.hpp"
#include "actors/accounts/project.hpp"
#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::accounts {
namespace {

using Events = std::vector<ApiKeyEvent>;
using engine::Context;

constexpr std::size_t kTokenHashSize = 64;

bool is_label(std::string_view name) {
  if (name.size() > kApiKeyNameSizeMax || !is_valid_utf8(name)) return false;
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

bool is_token_hash(std::string_view hash) {
  return hash.size() == kTokenHashSize && hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<Events> decide_create(const ApiKeyState& state, const CreateApiKey& c, const Context& context) {
  if (state.created) return conflict("api_key.exists", "there is a key of this id already");
  if (!is_label(c.name)) return invalid("api_key.name", "at most 128 bytes without control characters", "name");
  if (!is_name(c.project, kProjectNameSizeMax, ""))
    return invalid("api_key.project", "1 to 64 letters, digits, '_', '.' or '-'", "project");
  if (c.role == Role::none) return invalid("api_key.role", "host, viewer, dev or admin", "role");
  if ((c.role == Role::host) != c.host.has_value() || (c.host && !is_name(*c.host, kHostNameSizeMax, "")))
    return invalid("api_key.host", "the role host, and no other, names its machine: 1 to 100 letters, digits, '_.-'",
                   "host");
  if (c.expires_at && *c.expires_at <= context.now)
    return invalid("api_key.expires_at", "must lie in the future", "expires_at");
  if (!is_token_hash(c.token_hash))
    return invalid("api_key.token_hash", "64 lower-case hexadecimal digits", "token_hash");
  auto owner = c.owner.empty() ? std::string(context.actor) : c.owner;
  return Events{ApiKeyCreated{c.name, std::string(context.organisation), c.project, c.role, c.expires_at, c.token_hash,
                              std::move(owner), c.host}};
}

Result<Events> decide_revoke(const ApiKeyState& state) {
  if (!state.created) return not_found("api_key.unknown", "there is no such key");
  if (state.revoked) return Events{};
  return Events{ApiKeyRevoked{}};
}

}  // namespace

Result<Events> ApiKey::decide(const State& state, const Command& command, const Context& context) {
  return std::visit(overloaded{[&](const CreateApiKey& c) { return decide_create(state, c, context); },
                               [&](const RevokeApiKey&) { return decide_revoke(state); }},
                    command);
}

void ApiKey::evolve(State& state, const Event& event) {
  std::visit(overloaded{[&](const ApiKeyCreated&) { state.created = true; },
                        [&](const ApiKeyRevoked&) { state.revoked = true; }},
             event);
}

engine::Agenda ApiKey::agenda(const State&) {
  return {};
}

Result<ApiKey::Command> ApiKey::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
Result<ApiKeyEvent> ApiKey::decode_event(std::string_view type, std::string_view json) {
  return decode_api_key_event(type, json);
}
std::string_view ApiKey::event_type(const Event& event) {
  return type_of_event(event);
}
std::string ApiKey::encode_event(const Event& event) {
  return accounts::encode_event(event);
}
std::string ApiKey::encode_state(const State& state) {
  return to_json(state);
}
Result<ApiKeyState> ApiKey::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string encode_command(const ApiKey::Command& command) {
  return encode_variant(command);
}

}  // namespace hub::accounts
