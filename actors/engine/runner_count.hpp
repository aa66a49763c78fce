#pragma once
#include <algorithm>
#include <cstddef>
#include <thread>

namespace hub::engine {

inline constexpr std::size_t kCoresPerRunner = 4, kRunnersMax = 8;

/// Runners of a node, each a thread: as many as are wanted; 0: one per 4 cores. From 1 to 8.
inline std::size_t runner_count(std::size_t wanted = 0) {
  const auto count = wanted > 0 ? wanted : std::thread::hardware_concurrency() / kCoresPerRunner;
  return std::clamp<std::size_t>(count, 1, kRunnersMax);
}

}  // namespace hub::engine
