#include "actors/accounts/access.hpp"

#include "events/core/variant_codec.hpp"

namespace hub::accounts {

Result<std::vector<AccessEvent>> Access::decide(const State&, const Command& command, const engine::Context&) {
  const auto& c = std::get<RecordRefusals>(command);
  if (c.count < 1) return invalid("access.count", "must be at least 1", "count");
  return std::vector<AccessEvent>{
      AccessRefused{c.caller, c.status, c.code, c.route, c.request_id, c.count, c.first_at, c.last_at}};
}

void Access::evolve(State& state, const Event& event) {
  state.refused += std::get<AccessRefused>(event).count;
}

engine::Agenda Access::agenda(const State&) {
  return {};
}

Result<Access::Command> Access::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
Result<AccessEvent> Access::decode_event(std::string_view type, std::string_view json) {
  return decode_access_event(type, json);
}
std::string_view Access::event_type(const Event& event) {
  return type_of_event(event);
}
std::string Access::encode_event(const Event& event) {
  return accounts::encode_event(event);
}
std::string Access::encode_state(const State& state) {
  return to_json(state);
}
Result<AccessState> Access::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

std::string encode_command(const Access::Command& command) {
  return encode_variant(command);
}

}  // namespace hub::accounts
