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
  /// It was owed when this node took the entity up: somebody, perhaps this node before a restart, may have begun it.
  bool resumed = false;
};

/// Where runners hand effects over. Must not block; the result comes back as an input.
class EffectSink {
 public:
  virtual ~EffectSink() = default;
  virtual void start(EffectRequest request) = 0;
  /// An effect that was started is owed no more, because its result came, nobody wants it any longer, or another node
  /// has the entity. Must not block.
  virtual void withdraw(const std::string& /*entity*/, const std::string& /*name*/, const std::string& /*key*/) {}
};

}  // namespace hub::engine
