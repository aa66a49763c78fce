#pragma once
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/core/json_codec.hpp"

namespace hub::simulation {

struct RecordedEvent {
  std::string type;
  RawJson data;
};
BOOST_DESCRIBE_STRUCT(RecordedEvent, (), (type, data))

/// The events of one entity and the state that they gave when they were recorded; a line of
/// tests/recorded/histories/KIND.ndjson. Lines are added and never changed: what was logged once is read for ever.
struct RecordedHistory {
  std::vector<RecordedEvent> events;
  RawJson state;
};
BOOST_DESCRIBE_STRUCT(RecordedHistory, (), (events, state))

/// The types that a release writes.
template <class Event>
std::set<std::string> types_of() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::set<std::string>{std::string(std::variant_alternative_t<I, Event>::type)...};
  }
  (std::make_index_sequence<std::variant_size_v<Event>>{});
}

}  // namespace hub::simulation
