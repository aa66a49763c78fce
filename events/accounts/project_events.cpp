#include "events/accounts/project_events.hpp"

#include "events/core/ids.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::accounts {

std::string project_id(std::string_view organisation, std::string_view name) {
  // Neither of the two can hold a "/", so two pairs never share a key.
  std::string key(organisation);
  key += '/';
  key += name;
  return derive_id(kProjectPrefix, key, 0);
}

std::string_view type_of_event(const ProjectEvent& event) {
  return type_of(event);
}
std::string encode_event(const ProjectEvent& event) {
  return encode_variant(event);
}
Result<ProjectEvent> decode_project_event(std::string_view type, std::string_view json) {
  return decode_variant<ProjectEvent>(type, json);
}

}  // namespace hub::accounts
