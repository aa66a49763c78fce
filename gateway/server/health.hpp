#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "actors/engine/engine.hpp"
#include "adapters/deployments/deployment_effects.hpp"
#include "adapters/secrets/slots.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "events/log/log.hpp"
#include "gateway/routes/services.hpp"
#include "gateway/server/disk_guard.hpp"
#include "projections/core/runner.hpp"

namespace hub::server {

/// How the node is, for /api/v1/system/health: log, disk, engine, projections, keys, providers, clock. Never blocks.
class Health {
 public:
  struct Sources {
    engine::Engine& engine;
    projections::Runner& projections;
    log::Log& log;
    const DiskGuard& disk;
    const secrets::Slots& secrets;
    const deployments::Providers& providers;
    bool read_only = false;
    std::shared_ptr<const kafka::KafkaFigures> kafka;  ///< null: the log is not on Kafka
  };
  explicit Health(Sources sources) : from_(sources) {}

  /// Each with a reason, good or bad.
  std::vector<routes::HealthCheck> checks() const;
  projections::Lag lag() const;

 private:
  routes::HealthCheck log_check() const;
  routes::HealthCheck disk_check() const;
  routes::HealthCheck engine_check() const;
  routes::HealthCheck projections_check() const;
  routes::HealthCheck keys_check() const;
  routes::HealthCheck providers_check() const;
  routes::HealthCheck clock_check() const;

  const Sources from_;
};

}  // namespace hub::server
