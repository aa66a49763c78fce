#pragma once
#include "gateway/cli/cli.hpp"

namespace hub::offline {

/// Sets the commands that work on the folder of a stopped server.
void add_commands(cli::Commands& commands);

}  // namespace hub::offline
