#pragma once
#include "actors/engine/kind.hpp"

namespace hub::server {

/// Every kind of entity that a node hosts. A new aggregate is one line in the source.
engine::Kinds all_kinds();

}  // namespace hub::server
