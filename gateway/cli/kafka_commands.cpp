#include <memory>

#include "gateway/cli/kafka_options.hpp"
#include "gateway/cli/server_flags.hpp"

namespace hub::cli {
namespace {

constexpr std::string_view kKafkaOptions[] = {"kafka-brokers", "kafka-conf", "kafka-conf-file", "namespace"};
constexpr int kReplicationMax = 100;

/// What is true of both commands, from the same sources as `serve` has it.
Result<KafkaCluster> cluster(const CommandLine& line, const ServerFlags& told) {
  HUB_TRY(const auto config, load_config(line, told));
  const auto& options = config.options;
  if (options.kafka_brokers.empty())
    return wrong_usage("which brokers? --kafka-brokers HOST:PORT, or COMPUTEHUB_KAFKA_BROKERS", "--kafka-brokers");
  HUB_TRY(auto properties, kafka_properties(options));
  return KafkaCluster{options.kafka_brokers, std::move(properties), options.kafka_namespace};
}

void add_kafka_flags(CLI::App& command, const std::shared_ptr<ServerFlags>& told) {
  add_config_flag(command, told);
  for (const auto& option : serve_options())
    for (const auto name : kKafkaOptions)
      if (option.name == name) add_option_flag(command, option, told);
}

Exit init(CommandLine& line, const ServerFlags& told, KafkaInit wanted, const std::string& wait) {
  const auto span = parse_duration(wait);
  if (!span) return report(wrong_usage("--wait: write a span, as 60s", "--wait"), line.session);
  wanted.wait = span.value();
  auto known = cluster(line, told);
  if (!known) return report(known.error(), line.session);
  wanted.cluster = std::move(known).value();
  return run_hook(line.session, line.local.kafka_init, wanted, line.session.console);
}

Exit describe(CommandLine& line, const ServerFlags& told) {
  const auto known = cluster(line, told);
  if (!known) return report(known.error(), line.session);
  return run_hook(line.session, line.local.kafka_describe, known.value(), line.session.console);
}

}  // namespace

void add_kafka_commands(CLI::App& app, CommandLine& line) {
  auto* group = app.add_subcommand("kafka", "the topics on Kafka: make them, look at them");
  group->require_subcommand(1);

  auto wanted = std::make_shared<KafkaInit>();
  auto told = std::make_shared<ServerFlags>();
  auto wait = std::make_shared<std::string>("0s");
  auto* command =
      line.add(*group, "init", "make the topics that are missing; safe to repeat",
               "computehub kafka init --kafka-brokers 127.0.0.1:9092\n"
               "computehub kafka init --kafka-brokers kafka-1:9093,kafka-2:9093 --kafka-conf-file kafka.conf",
               [&line, told, wanted, wait] { return init(line, *told, *wanted, *wait); });
  add_kafka_flags(*command, told);
  command->add_option("--replication", wanted->replication, "copies of each partition; by default 3, or one a broker")
      ->check(CLI::Range(1, kReplicationMax))
      ->type_name("N");
  command->add_option("--partitions", wanted->partitions, "for the life of the namespace; 16 for a new one")
      ->check(CLI::Range(1, 1'024))
      ->type_name("N");
  command->add_option("--wait", *wait, "for brokers that are still starting, as 60s; not at all when not given")
      ->type_name("SPAN");

  auto asked = std::make_shared<ServerFlags>();
  add_kafka_flags(*line.add(*group, "describe", "brokers, topics and what a server would say of them",
                            "computehub kafka describe --kafka-brokers 127.0.0.1:9092",
                            [&line, asked] { return describe(line, *asked); }),
                  asked);
}

}  // namespace hub::cli
