#pragma once
#include <cstdlib>
#include <fstream>
#include <string>

#include "events/core/digest.hpp"
#include "events/core/result.hpp"

namespace hub::kafka::testing {

/// Addresses of the broker that ctest has started (hub_needs_kafka); `suffix` "-sasl": of the listener that asks for a
/// password. By hand: HUB_KAFKA_BOOTSTRAP_FILE=build/kafka/data/bootstrap behind ops/kafka/start.
inline std::string bootstrap(const std::string& suffix = {}) {
  const auto* file = std::getenv("HUB_KAFKA_BOOTSTRAP_FILE");
  HUB_ASSERT(file != nullptr);
  std::string addresses;
  std::getline(std::ifstream(file + suffix), addresses);
  HUB_ASSERT(!addresses.empty());
  return addresses;
}

/// A namespace of a test's own: the broker is shared.
inline std::string unique_namespace() {
  return "t" + to_hex(random_bytes(8));
}

}  // namespace hub::kafka::testing
