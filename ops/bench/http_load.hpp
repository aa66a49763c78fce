#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "ops/bench/report.hpp"

namespace hub::bench {

class Server;

struct HttpLoad {
  const Server* server = nullptr;
  std::uint16_t port = 0;  ///< of another program that is asked; 0: the server
  std::size_t connections = 64;
  std::size_t pipelined = 1;  ///< requests that each connection has under way
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds duration{4'000};
  std::size_t answers = 0;                ///< so many instead, without a warm-up; 0: until the time is over
  std::span<const std::string> requests;  ///< sent in turn, again and again
  int status = 200;                       ///< of every answer; another one ends the program
};

struct HttpLoadResult {
  std::size_t answers = 0;
  std::size_t answers_in_all = 0;  ///< with those of the warm-up and behind the end
  double seconds = 0;
  double cpu_seconds = 0;  ///< of the server
  Latencies latencies;
};

/// Keeps every connection busy, on the calling thread. Allocates nothing per request. Requests that were sent when the
/// time was over are waited for, and not counted.
HttpLoadResult run_http_load(const HttpLoad& load);

}  // namespace hub::bench
