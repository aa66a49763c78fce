#pragma once
#include <string>

#include "actors/engine/input.hpp"
#include "actors/hosts/host.hpp"

namespace hub::hosts {

/// A command of the system to the host of this name, for `Engine::submit`. Behind `deadline` it is not decided: late
/// news would say that a machine is there when it may be no more.
engine::Input host_input(const std::string& name, const HostCommand& command, Instant deadline);

}  // namespace hub::hosts
