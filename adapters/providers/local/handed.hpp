#pragma once
#include <sys/types.h>

#include <vector>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/run_files.hpp"

namespace hub::providers::local {

/// Sends a message, and lets the other process have `descriptors`, two at most. False with errno set.
bool send_handing(int socket, const Message& message, const std::vector<int>& descriptors);
/// Takes a message without waiting, and what was handed over with it. Returns its bytes, 0 at the end, -1 with errno.
ssize_t receive_handed(int socket, Message& message, std::vector<Fd>& handed);

}  // namespace hub::providers::local
