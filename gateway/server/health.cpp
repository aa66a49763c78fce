#include "gateway/server/health.hpp"

#include <fmt/format.h>

namespace hub::server {
namespace {

/// A projection that is further behind answers too late to be called ready.
constexpr Duration kLagMax = seconds(30);
/// A timer that is later than this has nobody who fires it.
constexpr Duration kOverdueMax = seconds(30);
/// A clock that is so far behind what it said before labels new events with times of the past.
constexpr Duration kClockBehindMax = seconds(5);
constexpr double kMicrosPerSecond = 1e6;
constexpr std::string_view kProjections[] = {"deployments", "tasks"};

double in_seconds(Duration span) {
  return static_cast<double>(span.micros) / kMicrosPerSecond;
}

}  // namespace

std::vector<routes::HealthCheck> Health::checks() const {
  return {log_check(),  disk_check(),      engine_check(), projections_check(),
          keys_check(), providers_check(), clock_check()};
}

projections::Lag Health::lag() const {
  projections::Lag most;
  for (const auto name : kProjections) {
    const auto lag = from_.projections.feed(name).progress().lag(wall_now());
    most.records = std::max(most.records, lag.records);
    most.time = std::max(most.time, lag.time);
  }
  return most;
}

// What the embedded log cannot write ends the process, so one that answers can write, unless it must not for want of
// room. Without brokers reads go on, so a node is ready all the same.
routes::HealthCheck Health::log_check() const {
  if (from_.read_only) return {"log", true, fmt::format("read only, {} partitions", from_.log.partitions())};
  if (from_.disk.room().full) return {"log", false, "not written to while the disk is nearly full"};
  if (from_.kafka) {
    for (PartitionId partition = 0; partition < from_.log.partitions(); ++partition)
      if (const auto fault = from_.kafka->fault(partition))
        return {"log", false, fmt::format("partition {} is not read any more: {}", partition, fault->detail)};
    if (from_.kafka->away)
      return {"log", true,
              fmt::format("no broker answers since {:.0f} s: writers are refused, reads go on",
                          in_seconds(from_.kafka->silence()))};
  }
  return {"log", true, fmt::format("writable, {} partitions", from_.log.partitions())};
}

routes::HealthCheck Health::disk_check() const {
  const auto room = from_.disk.room();
  constexpr std::int64_t kMiB = 1 << 20;
  return {"disk", !room.full,
          fmt::format("{} MiB free; writers are refused below {} MiB until {} MiB are free", room.free_bytes / kMiB,
                      room.refuse_below_bytes / kMiB, room.resume_from_bytes / kMiB)};
}

routes::HealthCheck Health::engine_check() const {
  std::uint64_t quarantined = 0;
  Duration overdue;
  for (const auto* runner : from_.engine.metrics()) {
    quarantined += runner->quarantined.load();
    overdue = std::max(overdue, Duration{runner->overdue_micros.load()});
  }
  if (overdue > kOverdueMax)
    return {"engine", false, fmt::format("the oldest timer is {:.1f} s late", in_seconds(overdue))};
  if (quarantined > 0) return {"engine", true, fmt::format("{} entities are set aside after a fault", quarantined)};
  return {"engine", true, from_.read_only ? "decides nothing here" : "decides what comes"};
}

routes::HealthCheck Health::projections_check() const {
  for (const auto name : kProjections)
    if (const auto failure = from_.projections.feed(name).failure())
      return {"projections", false, fmt::format("{}: {}: {}", name, failure->code, failure->detail)};
  const auto behind = lag();
  return {"projections", behind.time < kLagMax,
          fmt::format("{} records behind, the oldest for {:.1f} s", behind.records, in_seconds(behind.time))};
}

routes::HealthCheck Health::keys_check() const {
  if (from_.read_only) return {"keys", true, "nothing is signed, and no secret is read"};
  return {"keys", true,
          from_.secrets.has_key()
              ? "checkpoints are signed, secrets are encrypted"
              : "checkpoints are signed; the ENCRYPTION_KEY of the secrets was not given, so they are refused"};
}

routes::HealthCheck Health::providers_check() const {
  std::string names;
  for (const auto& provider : from_.providers.all()) {
    if (!names.empty()) names += ", ";
    names += provider->name();
    const auto able = provider->capabilities();
    if (!able.takes_image && !able.no_image_because.empty()) names += " (no images: " + able.no_image_because + ")";
  }
  return {"providers", !names.empty(), names.empty() ? "there is none" : names};
}

routes::HealthCheck Health::clock_check() const {
  Instant latest;
  for (PartitionId partition = 0; partition < from_.log.partitions(); ++partition)
    latest = std::max(latest, from_.log.head(partition).index_time);
  const auto now = wall_now();
  const auto behind = latest - now;
  if (behind > kClockBehindMax)
    return {"clock", false, fmt::format("{:.1f} s behind the latest record", in_seconds(behind))};
  return {"clock", true, to_rfc3339(now)};
}

}  // namespace hub::server
