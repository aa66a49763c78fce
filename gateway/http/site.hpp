#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "gateway/http/guard.hpp"
#include "gateway/http/limits.hpp"
#include "gateway/http/router.hpp"

namespace hub::http {

/// Told of what an operator should know: a handler that threw, a certificate that cannot be used.
using TroubleLog = std::function<void(std::string_view)>;

/// Returns when this server knows all that was written of these entities by the time of the call, by any server; of all
/// when none is named. Fails when it cannot find that out.
using CatchUp = std::function<asio::awaitable<Result<void>>(const std::vector<std::string>& entities)>;

/// What all connections of a server share. Only read while connections live, but for the counters.
struct Site {
  Site(Router routes, GuardOptions guard_options, Limits the_limits)
      : router(std::move(routes)), guard(std::move(guard_options)), limits(the_limits) {}

  Router router;
  Guard guard;
  Limits limits;
  Observer observe;
  TroubleLog trouble;
  CatchUp catch_up;
  std::function<std::int64_t()> age_seconds;

  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> files{0};  ///< that are being taken in
  std::mutex mutex;
  std::condition_variable all_gone;

  void leave() {
    if (connections.fetch_sub(1) != 1) return;
    const std::lock_guard lock(mutex);
    all_gone.notify_all();
  }
};

}  // namespace hub::http
