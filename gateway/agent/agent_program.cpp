#include "gateway/agent/agent_program.hpp"

#include <unistd.h>

#include "adapters/agents/identity.hpp"
#include "adapters/agents/machine.hpp"
#include "events/core/logging.hpp"
#include "gateway/agent/agent_client.hpp"

namespace hub::agents {

Result<cli::Exit> run_agent(const cli::AgentOptions& options) {
  const auto folder = options.data / "agent";
  HUB_TRY(auto identity, Identity::open(folder));
  logging::write(logging::Level::info, "starting",
                 {{"version", HUB_VERSION},
                  {"host", options.name},
                  {"data", folder.string()},
                  {"agent", identity.id()},
                  {"pid", ::getpid()}});
  Machine machine(folder);
  AgentClient client(options, identity, machine);
  const auto ended = client.run();
  if (!ended)
    logging::write(logging::Level::error, "cannot be attached",
                   {{"code", ended.error().code}, {"detail", ended.error().detail}});
  logging::write(logging::Level::info, "stopped", {{"running", machine.running()}});
  if (!ended) return ended.error();
  return cli::Exit::done;
}

}  // namespace hub::agents
