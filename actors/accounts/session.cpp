#include "actors/accounts/session.hpp"

#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::accounts {
namespace {

using Events = std::vector<SessionEvent>;
using engine::Context;

constexpr std::size_t kSecretHashSize = 64;

bool is_secret_hash(std::string_view hash) {
  return hash.size() == kSecretHashSize && hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<Events> decide_open(const SessionState& state, const OpenSession& c, const Context& context) {
  if (state.opened) return conflict("session.exists", "there is a session of this id already");
  if (c.owner.empty()) return invalid("session.owner", "must name a principal", "owner");
  if (!is_secret_hash(c.secret_hash))
    return invalid("session.secret_hash", "64 lower-case hexadecimal digits", "secret_hash");
  if (c.expires_at <= context.now) return invalid("session.expires_at", "must lie in the future", "expires_at");
  return Events{SessionOpened{c.owner, std::string(context.organisation), c.secret_hash, c.expires_at}};
}

Result<Events> decide_end(const SessionState& state) {
  if (!state.opened) return not_found("session.unknown", "there is no such session");
  if (state.ended) return Events{};
  return Events{SessionEnded{}};
}

}  // namespace

Result<Events> Session::decide(const State& state, const Command& command, const Context& context) {
  return std::visit(overloaded{[&](const OpenSession& c) { return decide_open(state, c, context); },
                               [&](const EndSession&) { return decide_end(state); }},
                    command);
}

void Session::evolve(State& state, const Event& event) {
  std::visit(
      overloaded{[&](const SessionOpened&) { state.opened = true; }, [&](const SessionEnded&) { state.ended = true; }},
      event);
}

engine::Agenda Session::agenda(const State&) {
  return {};
}

Result<Session::Command> Session::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
Result<SessionEvent> Session::decode_event(std::string_view type, std::string_view json) {
  return decode_session_event(type, json);
}
std::string_view Session::event_type(const Event& event) {
  return type_of_event(event);
}
std::string Session::encode_event(const Event& event) {
  return accounts::encode_event(event);
}
std::string Session::encode_state(const State& state) {
  return to_json(state);
}
Result<SessionState> Session::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string encode_command(const Session::Command& command) {
  return encode_variant(command);
}

}  // namespace hub::accounts
