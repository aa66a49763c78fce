#include "events/models/events.hpp"

#include <type_traits>

#include "events/core/variant_codec.hpp"

namespace hub::models {

std::string_view type_of_event(const Event& event) {
  return type_of(event);
}
std::string encode_event(const Event& event) {
  return encode_variant(event);
}

Result<Event> decode_event(std::string_view type, std::string_view json, const tasks::OfTask& task) {
  HUB_TRY(auto event, decode_variant<Event>(type, json));
  std::visit(
      [&](auto& fact) {
        if constexpr (std::is_base_of_v<tasks::OfTask, std::decay_t<decltype(fact)>>)
          static_cast<tasks::OfTask&>(fact) = task;
      },
      event);
  return event;
}

const tasks::OfTask* task_of(const Event& event) {
  return std::visit(
      [](const auto& fact) -> const tasks::OfTask* {
        if constexpr (std::is_base_of_v<tasks::OfTask, std::decay_t<decltype(fact)>>)
          return &fact;
        else
          return nullptr;
      },
      event);
}

}  // namespace hub::models
