#pragma once
#include <memory>
#include <string>

#include "actors/engine/engine.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "gateway/routes/cluster.hpp"
#include "gateway/server/claims.hpp"
#include "projections/core/progress.hpp"

namespace hub::server {

/// What operators see of the nodes that share a log, or of the one that has it alone. Safe from any thread.
class Cluster {
 public:
  struct Sources {
    engine::Engine& engine;
    log::Log& log;
    projections::Progress& progress;
    std::shared_ptr<const kafka::KafkaFigures> kafka;  ///< null: the log is not on Kafka
    std::string node;
    bool read_only = false;
  };
  explicit Cluster(Sources sources) : from_(std::move(sources)), claims_(from_.log), started_(wall_now()) {}

  routes::ClusterView view() const;

 private:
  void add_partitions(routes::ClusterView& view) const;
  void add_nodes(routes::ClusterView& view) const;
  routes::TransactionsView transactions() const;

  const Sources from_;
  const Claims claims_;
  const Instant started_;
};

}  // namespace hub::server
