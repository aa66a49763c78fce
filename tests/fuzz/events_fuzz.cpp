// Events, commands and states as JSON: the first line is the type, the rest its data. What decodes must say the same
// again when it is encoded, and an event of it must not break the entity that evolves by it.
#include "actors/accounts/api_key.hpp"
#include "actors/accounts/project.hpp"
#include "actors/accounts/session.hpp"
#include "actors/deployments/deployment.hpp"
#include "tests/fuzz/input.hpp"

namespace {

template <class Aggregate>
void check_event(std::string_view type, std::string_view json) {
  const auto event = Aggregate::decode_event(type, json);
  if (!event) return;
  HUB_ASSERT(Aggregate::event_type(event.value()) == type);
  const auto text = Aggregate::encode_event(event.value());
  const auto again = Aggregate::decode_event(type, text);
  HUB_ASSERT(again && Aggregate::encode_event(again.value()) == text);
}

template <class Aggregate>
void check_state(std::string_view json) {
  const auto state = Aggregate::decode_state(json);
  if (!state) return;
  const auto text = Aggregate::encode_state(state.value());
  const auto again = Aggregate::decode_state(text);
  HUB_ASSERT(again && Aggregate::encode_state(again.value()) == text);
}

template <class Aggregate>
void check(std::string_view type, std::string_view json) {
  check_event<Aggregate>(type, json);
  static_cast<void>(Aggregate::decode_command(type, json));
  if (type == "state") check_state<Aggregate>(json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto [type, json] = hub::fuzz::split_line(hub::fuzz::text_of(bytes, size));
  check<hub::deployments::Deployment>(type, json);
  check<hub::accounts::Project>(type, json);
  check<hub::accounts::ApiKey>(type, json);
  check<hub::accounts::Session>(type, json);
  return 0;
}
