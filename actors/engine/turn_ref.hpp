#pragma once
#include <caf/allowed_unsafe_message_type.hpp>

namespace hub::engine {

struct Turn;

/// What travels to an entity actor. Process-local: other processes read JSON from the log.
struct TurnRef {
  Turn* turn = nullptr;
};

}  // namespace hub::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hub::engine::TurnRef)
