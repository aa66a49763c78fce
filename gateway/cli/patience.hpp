#pragma once
#include <chrono>

#include "gateway/cli/live_client.hpp"

namespace hub::cli {

/// What a server says that comes up or is full, or what is said when there is none.
bool is_cut(const Failure& failure);

/// Between attempts to reach a server that answered before; as patient as the live stream is.
class Patience {
 public:
  explicit Patience(LiveOptions options = {}) : options_(std::move(options)) { reset(); }

  void reset();
  /// Waits for the next attempt; false when it has been long enough.
  bool wait();

 private:
  LiveOptions options_;
  Duration pause_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace hub::cli
