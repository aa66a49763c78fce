#pragma once
#include "gateway/cli/cli.hpp"

namespace hub::agents {

/// Attaches this machine and serves until SIGINT or SIGTERM; what runs goes on. Prints one line on standard output when
/// it is attached first. Fails: what Identity::open() fails with; as the server refuses the machine for good (wrong or
/// missing right, `host.taken`, `host.superseded`, `agent.protocol`).
Result<cli::Exit> run_agent(const cli::AgentOptions& options);

}  // namespace hub::agents
