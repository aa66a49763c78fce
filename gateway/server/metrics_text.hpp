#pragma once
#include <string>
#include <vector>

#include "actors/engine/engine.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "events/log/log_figures.hpp"
#include "gateway/live/hub.hpp"
#include "gateway/routes/services.hpp"
#include "gateway/server/http_watch.hpp"
#include "projections/core/progress.hpp"

namespace hub::server {

/// Everything that /metrics is made of, at one moment.
struct Figures {
  const engine::Engine& engine;
  const log::LogFigures& log;
  const HttpWatch& http;
  std::size_t connections = 0;
  live::HubMetrics live;
  projections::Lag lag;
  std::vector<routes::HealthCheck> checks;
  routes::ClusterView cluster;
  const kafka::KafkaFigures* kafka = nullptr;  ///< null: the log is not on Kafka
};

/// Prometheus' text format, names "computehub_…", times in seconds.
std::string metrics_text(const Figures& figures);

}  // namespace hub::server
