#pragma once
#include <optional>
#include <string>

#include "gateway/cli/session.hpp"

namespace hub::cli {

/// Waits until a task has ended and prints its result (task_view.hpp). The server is asked to answer then; should it go
/// away meanwhile, as a server that is started anew does, it is asked again for as long as a live stream would.
/// `patience`: after so long it says that it has not ended, and answers Exit::failed; not set: waits for ever.
Exit wait_for_task(Session& session, const std::string& id, std::optional<Duration> patience);

}  // namespace hub::cli
