#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/run_files.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::providers::local {

/// Starts a supervisor for `job` in a deployment's folder and waits until the command runs (or has failed to start,
/// which is then its recorded exit). Gives the socket to it. Nothing of the job is on a command line or on disk.
/// Fails: conflict provider.refused_run when another supervisor holds the deployment or the run was started before;
/// unavailable provider.unreachable when the supervisor does not answer.
Result<Fd> start_supervisor(const std::string& executable, const std::string& folder, const Job& job);

/// The socket to the supervisor that runs in `folder`; closed when there is none.
Fd connect_supervisor(const std::string& folder);

/// False when the supervisor is gone.
bool send_stop(const Fd& socket, std::int32_t run, Duration grace);
/// The next message; nothing when the supervisor is gone. Blocks unless the socket has one.
std::optional<Message> receive_message(const Fd& socket);

}  // namespace hub::providers::local
