#include "gateway/server/shared_log.hpp"

#include <algorithm>
#include <fstream>

#include "actors/engine/runner_count.hpp"
#include "events/core/digest.hpp"
#include "events/kafka/kafka_log.hpp"
#include "events/kafka/topics.hpp"
#include "gateway/cli/kafka_options.hpp"

namespace hub::server {
namespace {

constexpr std::size_t kNodeSizeMax = 100;
constexpr std::size_t kNodeBytes = 6;

bool is_node_name(std::string_view name) {
  const auto allowed = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '.' || letter == '_' || letter == '-';
  };
  return !name.empty() && name.size() <= kNodeSizeMax && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

Result<std::string> node_name(const cli::ServeOptions& options, const DataFolder& folder) {
  auto name = options.node;
  if (name.empty()) std::getline(std::ifstream(folder.node()), name);
  if (name.empty()) {
    name = "node-" + to_hex(random_bytes(kNodeBytes));
    std::ofstream file(folder.node(), std::ios::trunc);
    file << name << '\n';
    if (!file.flush()) return unavailable("data.unusable", "the node's name cannot be written to the data folder");
  }
  if (!is_node_name(name))
    return invalid("config.node", "a node's name has 1 to 100 letters, digits, \".\", \"_\" and \"-\"", "node");
  return name;
}

Result<telemetry::SharedOutputOptions> shared_output_options(const cli::ServeOptions& options, const DataFolder& folder,
                                                             const std::string& node, std::uint32_t partitions) {
  telemetry::SharedOutputOptions shared;
  shared.brokers.bootstrap = options.kafka_brokers;
  HUB_TRY(shared.brokers.conf, cli::kafka_properties(options));
  const kafka::Topics topics(options.kafka_namespace);
  shared.logs_topic = topics.logs;
  shared.metrics_topic = topics.metrics;
  shared.partitions = partitions;
  shared.host = node;
  shared.positions_file = folder.local() / "shared-output";
  return shared;
}

Result<std::unique_ptr<log::Log>> open_shared_log(const cli::ServeOptions& options, const DataFolder& folder,
                                                  const std::string& node, Part part, LogWatch watch) {
  kafka::KafkaLogOptions log;
  log.brokers.bootstrap = options.kafka_brokers;
  HUB_TRY(log.brokers.conf, cli::kafka_properties(options));
  HUB_TRY(const auto record, kafka::check_topics(log.brokers, options.kafka_namespace));
  const kafka::Topics topics(options.kafka_namespace);
  log.topic = topics.events;
  if (part == Part::member) {
    log.member.emplace();
    log.member->topic = topics.commands;
    log.member->group = options.kafka_namespace + "-engine";
    log.member->instance = node;
    log.member->session = options.session_timeout;
    log.member->skips_lost_commands = options.skip_lost_commands;
    log.member->foreign = watch.foreign;
    log.member->lease = std::move(watch.lease);
  }
  log.foreign = std::move(watch.foreign);
  log.transactional_id = "ch-" + options.kafka_namespace + "-" + node;
  log.folder = folder.log();
  // Else runners would wait for each other's transactions.
  log.writers = engine::runner_count();
  log.partitions = record.partitions;
  log.incarnation = record.incarnation;
  log.figures = std::make_shared<kafka::KafkaFigures>(record.partitions);
  if (watch.figures != nullptr) *watch.figures = log.figures;
  return kafka::open_kafka_log(std::move(log));
}

}  // namespace hub::server
