#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

#include "gateway/http/reader.hpp"

namespace hub::http {

using std::chrono::milliseconds;

struct Limits {
  ReadLimits read;
  std::size_t connections = 10'000;     ///< beyond: 503 http.too_many_connections and close
  milliseconds header_timeout{10'000};  ///< from a request's first byte to the end of its headers: 408 http.timeout
  milliseconds body_timeout{30'000};    ///< for the whole body: 408 http.timeout
  milliseconds file_timeout{600'000};   ///< the same for a body that is a file
  std::size_t files = 4;                ///< files that are taken in at a time; beyond: 429 http.too_many_files
  milliseconds idle_timeout{75'000};    ///< between requests: close
  milliseconds write_timeout{30'000};   ///< a client that takes no byte of an answer for so long is cut off
  milliseconds linger{1'000};           ///< how long an answer to a refused request is given to arrive
};

/// What is told of each request when somebody wants to know.
struct Observation {
  const Request& request;  ///< `route` and `route_number` are the labels for metrics
  unsigned status;
  std::string_view code;              ///< of a refusal, else empty
  std::chrono::nanoseconds duration;  ///< from the complete request to the complete answer, without sending it
  std::size_t bytes_sent;             ///< of header and body; of streams what was sent until they ended
};
using Observer = std::function<void(const Observation&)>;

}  // namespace hub::http
