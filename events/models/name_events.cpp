#include "events/models/name_events.hpp"

#include "events/core/ids.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::models {

std::string names_id(std::string_view organisation, std::string_view project) {
  // Neither of the two can hold a "/".
  return derive_id(kNamesPrefix, std::string(organisation) + "/" + std::string(project), 0);
}

std::string_view type_of_event(const NameEvent& event) {
  return type_of(event);
}
std::string encode_event(const NameEvent& event) {
  return encode_variant(event);
}
Result<NameEvent> decode_name_event(std::string_view type, std::string_view json) {
  return decode_variant<NameEvent>(type, json);
}

}  // namespace hub::models
