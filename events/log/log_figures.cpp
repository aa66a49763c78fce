#include "events/log/log_figures.hpp"

#include "events/core/logging.hpp"

namespace hub::log {

void LogFigures::wrote(std::chrono::microseconds duration) {
  fsync.observe(static_cast<std::uint64_t>(duration.count()));
  if (duration < kSlowWrite) return;
  slow.fetch_add(1, std::memory_order_relaxed);
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count();
  auto said_at = said_at_.load();
  const bool say = now - said_at >= std::chrono::microseconds(kSlowWriteEvery).count() || said_at == 0;
  if (!say || !said_at_.compare_exchange_strong(said_at, now)) {
    unsaid_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  logging::write(logging::Level::warning, "slow fsync of the log",
                 {{"ms", duration.count() / 1'000}, {"others_since_last_line", unsaid_.exchange(0)}});
}

}  // namespace hub::log
