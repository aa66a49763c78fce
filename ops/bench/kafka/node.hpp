#pragma once
#include <memory>

#include "actors/engine/engine.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "ops/bench/kafka/namespace.hpp"
#include "ops/bench/site.hpp"
#include "projections/core/runner.hpp"

namespace hub::bench {

/// One node of a namespace in this process: the log on Kafka, the engine with tallies, and their projection.
class Node {
 public:
  /// Opens all, and takes no part yet.
  Node(const Namespace& there, const std::filesystem::path& folder, const std::string& name);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// From now on it is a member of the group.
  void start();
  /// Returns when so many events are committed and in the projection.
  void wait_for(std::size_t events);
  std::size_t events() const;
  engine::Engine& engine() { return *engine_; }
  const kafka::KafkaFigures& figures() const { return *figures_; }

 private:
  Folder folder_;
  std::shared_ptr<kafka::KafkaFigures> figures_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<engine::StateStore> state_;
  std::unique_ptr<projections::Runner> projections_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace hub::bench
