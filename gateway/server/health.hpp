#pragma once
#include <string>
#include <vector>

#include "actors/engine/engine.hpp"
#include "gateway/live/hub.hpp"
#include "gateway/routes/services.hpp"
#include "projections/core/runner.hpp"

namespace hub::server {

/// How the node is: for /api/v1/system/health and /metrics.
class Health {
 public:
  Health(engine::Engine& engine, projections::Runner& projections) : engine_(engine), projections_(projections) {}

  std::vector<routes::HealthCheck> checks() const;
  /// Prometheus' text format.
  std::string metrics_text(const live::Hub& hub) const;

 private:
  engine::Engine& engine_;
  projections::Runner& projections_;
};

}  // namespace hub::server
