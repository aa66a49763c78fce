#pragma once
#include <functional>
#include <string>
#include <vector>

#include "events/log/log.hpp"
#include "gateway/http/asio.hpp"

namespace hub::routes {

/// Where these entities are decided, each once; all there is when none is named.
std::vector<PartitionId> partitions_of(const std::vector<std::string>& entities, std::uint32_t partitions);

/// Waits inside a request's coroutine until what was written of these entities by now, at whatever node, can be read at
/// this one. Fails: as Log::when_read.
asio::awaitable<Result<void>> catch_up(log::Log& log, std::vector<std::string> entities);

}  // namespace hub::routes
