#include <memory>

#include "gateway/cli/kafka_options.hpp"
#include "gateway/cli/server_flags.hpp"

namespace hub::cli {
namespace {

constexpr std::string_view kKafkaOptions[] = {"kafka-brokers", "kafka-conf", "kafka-conf-file", "namespace"};
constexpr int kReplicationMax = 100;

/// What is true of all commands.
Result<KafkaCluster> cluster(const ServeOptions& options) {
  if (options.kafka_brokers.empty())
    return wrong_usage("which brokers? --kafka-brokers HOST:PORT, or COMPUTEHUB_KAFKA_BROKERS", "--kafka-brokers");
  HUB_TRY(auto properties, kafka_properties(options));
  return KafkaCluster{options.kafka_brokers, std::move(properties), options.kafka_namespace};
}

/// From the same sources as `serve` has it.
Result<KafkaCluster> cluster(const CommandLine& line, const ServerFlags& told) {
  HUB_TRY(const auto config, load_config(line, told));
  return cluster(config.options);
}

void add_kafka_flags(CLI::App& command, const std::shared_ptr<ServerFlags>& told) {
  add_config_flag(command, told);
  for (const auto& option : serve_options())
    for (const auto name : kKafkaOptions)
      if (option.name == name) add_option_flag(command, option, told);
}

/// What only some of them are told.
struct Making {
  std::uint32_t replication = 0;
  std::string wait = "0s";
};

void add_making_flags(CLI::App& command, const std::shared_ptr<Making>& making, const std::string& wait_help) {
  command.add_option("--replication", making->replication, "copies of each partition; by default 3, or one a broker")
      ->check(CLI::Range(1, kReplicationMax))
      ->type_name("N");
  command.add_option("--wait", making->wait, wait_help)->type_name("SPAN");
}

Exit init(CommandLine& line, const ServerFlags& told, KafkaInit wanted, const Making& making) {
  wanted.replication = making.replication;
  const auto span = parse_duration(making.wait);
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

Exit migrate(CommandLine& line, const ServerFlags& told, const Making& making, const std::string& from,
             const std::string& to) {
  if (from == to) return report(wrong_usage("--from and --to are the same", "--to"), line.session);
  const auto span = parse_duration(making.wait);
  if (!span) return report(wrong_usage("--wait: write a span, as 60s", "--wait"), line.session);
  const auto config = load_config(line, told);
  if (!config) return report(config.error(), line.session);
  auto known = cluster(config.value().options);
  if (!known) return report(known.error(), line.session);
  const auto& options = config.value().options;
  const Migrate wanted{line.session.flags.data,
                       to == "kafka",
                       std::move(known).value(),
                       options.node,
                       making.replication,
                       span.value(),
                       {options.encryption_key, options.encryption_key_file}};
  return run_hook(line.session, line.local.migrate, wanted, line.session.console);
}

void add_migrate_command(CLI::App& app, CommandLine& line) {
  auto told = std::make_shared<ServerFlags>();
  auto making = std::make_shared<Making>();
  auto from = std::make_shared<std::string>();
  auto to = std::make_shared<std::string>();
  auto* command = line.add(
      app, "migrate",
      "move the record of a stopped server to Kafka, or back: copied, read back and compared; may be cut off and run "
      "again",
      "computehub migrate --from embedded --to kafka --kafka-brokers 127.0.0.1:9092\n"
      "computehub migrate --from kafka --to embedded --kafka-brokers 127.0.0.1:9092",
      [&line, told, making, from, to] { return migrate(line, *told, *making, *from, *to); });
  const auto kinds = CLI::IsMember({"embedded", "kafka"});
  command->add_option("--from", *from, "embedded (in the data folder) or kafka")
      ->required()
      ->check(kinds)
      ->type_name("KIND");
  command->add_option("--to", *to, "the other one")->required()->check(kinds)->type_name("KIND");
  add_kafka_flags(*command, told);
  for (const auto& option : serve_options())
    if (option.name == "node" || option.name == "encryption-key-file") add_option_flag(*command, option, told);
  making->wait = "30s";
  add_making_flags(*command, making, "for brokers that are still starting, or nodes that stop; 30s when not given");
}

}  // namespace

void add_kafka_commands(CLI::App& app, CommandLine& line) {
  add_migrate_command(app, line);
  auto* group = app.add_subcommand("kafka", "the topics on Kafka: make them, look at them");
  group->require_subcommand(1);

  auto wanted = std::make_shared<KafkaInit>();
  auto told = std::make_shared<ServerFlags>();
  auto making = std::make_shared<Making>();
  auto* command =
      line.add(*group, "init", "make the topics that are missing; safe to repeat",
               "computehub kafka init --kafka-brokers 127.0.0.1:9092\n"
               "computehub kafka init --kafka-brokers kafka-1:9093,kafka-2:9093 --kafka-conf-file kafka.conf",
               [&line, told, wanted, making] { return init(line, *told, *wanted, *making); });
  add_kafka_flags(*command, told);
  add_making_flags(*command, making, "for brokers that are still starting, as 60s; not at all when not given");
  command->add_option("--partitions", wanted->partitions, "for the life of the namespace; 16 for a new one")
      ->check(CLI::Range(1, 1'024))
      ->type_name("N");

  auto asked = std::make_shared<ServerFlags>();
  add_kafka_flags(*line.add(*group, "describe", "brokers, topics and what a server would say of them",
                            "computehub kafka describe --kafka-brokers 127.0.0.1:9092",
                            [&line, asked] { return describe(line, *asked); }),
                  asked);
}

}  // namespace hub::cli
