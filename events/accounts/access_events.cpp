#include "events/accounts/access_events.hpp"

#include "events/core/ids.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::accounts {

std::string access_id(std::string_view organisation, std::string_view project) {
  std::string name("access/");
  name.append(organisation).append("/").append(project);
  return derive_id(kAccessPrefix, name, 0);
}

std::string_view type_of_event(const AccessEvent& event) {
  return type_of(event);
}
std::string encode_event(const AccessEvent& event) {
  return encode_variant(event);
}
Result<AccessEvent> decode_access_event(std::string_view type, std::string_view json) {
  return decode_variant<AccessEvent>(type, json);
}

}  // namespace hub::accounts
