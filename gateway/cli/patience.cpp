#include "gateway/cli/patience.hpp"

#include <algorithm>
#include <thread>

#include "gateway/cli/exit_code.hpp"

namespace hub::cli {

bool is_cut(const Failure& failure) {
  return failure.code == kCodeUnreachable || failure.http_status() >= 500 || failure.kind == FailureKind::too_many;
}

void Patience::reset() {
  pause_ = options_.backoff_initial;
  begun_ = std::chrono::steady_clock::now();
}

bool Patience::wait() {
  if (std::chrono::steady_clock::now() - begun_ > std::chrono::microseconds(options_.give_up_after.micros))
    return false;
  std::this_thread::sleep_for(std::chrono::microseconds(pause_.micros));
  pause_ = std::min(Duration{pause_.micros * 2}, options_.backoff_max);
  return true;
}

}  // namespace hub::cli
