#include "events/accounts/api_key_events.hpp"

#include "events/core/variant_codec.hpp"

namespace hub::accounts {

std::string_view type_of_event(const ApiKeyEvent& event) {
  return type_of(event);
}
std::string encode_event(const ApiKeyEvent& event) {
  return encode_variant(event);
}
Result<ApiKeyEvent> decode_api_key_event(std::string_view type, std::string_view json) {
  return decode_variant<ApiKeyEvent>(type, json);
}

}  // namespace hub::accounts
