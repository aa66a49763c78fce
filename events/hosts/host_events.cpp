#include "events/hosts/host_events.hpp"

#include "events/core/ids.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::hosts {

std::string host_id(std::string_view name) {
  return derive_id(kHostPrefix, std::string("host/") + std::string(name), 0);
}

std::string_view type_of_event(const HostEvent& event) {
  return type_of(event);
}
std::string encode_event(const HostEvent& event) {
  return encode_variant(event);
}
Result<HostEvent> decode_host_event(std::string_view type, std::string_view json) {
  return decode_variant<HostEvent>(type, json);
}

}  // namespace hub::hosts
