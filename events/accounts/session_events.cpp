#include "events/accounts/session_events.hpp"

#include "events/core/variant_codec.hpp"

namespace hub::accounts {

std::string_view type_of_event(const SessionEvent& event) {
  return type_of(event);
}
std::string encode_event(const SessionEvent& event) {
  return encode_variant(event);
}
Result<SessionEvent> decode_session_event(std::string_view type, std::string_view json) {
  return decode_variant<SessionEvent>(type, json);
}

}  // namespace hub::accounts
