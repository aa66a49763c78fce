#include "events/deployments/events.hpp"

#include "events/core/variant_codec.hpp"

namespace hub::deployments {

std::string_view type_of_event(const Event& event) {
  return type_of(event);
}
std::string encode_event(const Event& event) {
  return encode_variant(event);
}
Result<Event> decode_event(std::string_view type, std::string_view json) {
  return decode_variant<Event>(type, json);
}

std::string status_name(Status status) {
  return enum_name(status);
}
std::optional<Status> status_of(std::string_view name) {
  return enum_of<Status>(name);
}

}  // namespace hub::deployments
