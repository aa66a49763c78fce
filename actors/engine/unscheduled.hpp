#pragma once
#include <caf/actor_system_config.hpp>

namespace hub::engine {

/// Configures a system whose actors are resumed by their runners alone (RunnerUnit): no thread of a scheduler, none for
/// time-outs, and the end of an actor wakes nobody. An actor of it must not use CAF's time-outs, delayed messages or
/// `aout`. What CAF sends to its own servants is delivered when the system ends.
class UnscheduledConfig : public caf::actor_system_config {
 public:
  UnscheduledConfig();
};

}  // namespace hub::engine
