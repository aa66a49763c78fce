#pragma once
#include <string>

#include "actors/engine/aggregate.hpp"

namespace hub::engine {

/// A call to the outside that an entity asks for. Made at least once: (entity, name, key) is its idempotency key.
struct EffectRequest {
  std::string entity;
  std::string name;
  std::string key;
  std::string data;
  std::string place = {};  ///< the host that carries it out; empty: the entity's owner
};

/// Where runners hand effects over. Must not block; the result comes back as an input.
class EffectSink {
 public:
  virtual ~EffectSink() = default;
  virtual void start(EffectRequest request) = 0;
};

}  // namespace hub::engine
