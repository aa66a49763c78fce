#include "actors/engine/kind.hpp"

namespace hub::engine {

void Kinds::add(std::unique_ptr<Kind> kind) {
  for (const auto& other : kinds_) HUB_ASSERT(other->prefix() != kind->prefix());
  kinds_.push_back(std::move(kind));
}

const Kind* Kinds::of(std::string_view id) const {
  if (!is_id(id)) return nullptr;
  for (const auto& kind : kinds_)
    if (kind->prefix() == prefix_of(id)) return kind.get();
  return nullptr;
}

}  // namespace hub::engine
