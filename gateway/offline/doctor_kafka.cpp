#include "gateway/offline/doctor_kafka.hpp"

#include <fmt/format.h>

#include <fstream>

#include "events/kafka/topic_ends.hpp"
#include "gateway/cli/kafka_options.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::offline {
namespace {

using cli::Check;
using State = cli::Check::State;

/// A doctor is asked for now, not when brokers come back.
constexpr Duration kLookFor = seconds(10);
constexpr const char* kDescribe = "computehub kafka describe says more";

std::string count(std::uint64_t value) {
  return cli::count_text(static_cast<std::int64_t>(value));
}

/// A setting by which a topic would drop what is to be kept for ever; "" when there is none. Telemetry and commands
/// that are decided may be kept as long as the operator likes.
std::string dropped_by(const kafka::TopicState& topic, const kafka::Topics& names) {
  const bool is_record = topic.name == names.events || topic.name == names.dead_letters;
  if (!is_record && topic.name != names.secrets && topic.name != names.control) return {};
  const std::pair<const char*, const char*> wanted[] = {{"cleanup.policy", is_record ? "delete" : "compact"},
                                                        {"retention.ms", is_record ? "-1" : ""},
                                                        {"retention.bytes", is_record ? "-1" : ""}};
  for (const auto& [name, value] : wanted) {
    const auto set = topic.settings.find(name);
    if (*value != 0 && set != topic.settings.end() && set->second != value)
      return fmt::format("{}={} and not {}", name, set->second, value);
  }
  return {};
}

Check check_topics(const kafka::Description& found) {
  if (found.trouble) return {"topics", State::bad, found.trouble->detail, kDescribe};
  for (const auto& topic : found.topics)
    if (const auto why = dropped_by(topic, kafka::Topics(found.name)); !why.empty())
      return {"topics", State::bad, fmt::format("{} drops what is to be kept for ever: it has {}", topic.name, why),
              "set it with Kafka's own kafka-configs.sh before anything is dropped"};
  std::uint32_t leaderless = 0, lacking = 0;
  for (const auto& topic : found.topics) {
    leaderless += topic.without_leader;
    lacking += topic.under_replicated;
  }
  if (leaderless > 0)
    return {"topics", State::bad, fmt::format("{} partitions have no leader: nobody can write to them", leaderless),
            "start the brokers that hold them"};
  if (lacking > 0)
    return {"topics", State::warning, fmt::format("{} partitions lack copies", lacking),
            "start the brokers that hold the others"};
  return {"topics", State::good,
          fmt::format("all {} of {}, {} partitions", found.topics.size(), found.name, found.record->partitions), ""};
}

/// As node_name(), but nothing is made.
std::string node_of(const cli::ServeOptions& options) {
  auto name = options.node;
  if (name.empty()) std::getline(std::ifstream(server::DataFolder{options.data}.node()), name);
  return name;
}

Check check_signing(const cli::ServeOptions& options, const kafka::Description& found) {
  const auto node = node_of(options);
  if (node.empty())
    return {"signing", State::good,
            fmt::format("{} keys are announced; give --node to see that node's", found.signing_keys.size()), ""};
  std::size_t own = 0;
  for (const auto& key : found.signing_keys) own += key.node == node ? 1 : 0;
  if (own == 0)
    return {"signing", State::warning, fmt::format("{} has announced no key: what it signed nobody can verify", node),
            "it does so when it starts"};
  return {"signing", State::good,
          fmt::format("{} keys are announced, {} of them by {}", found.signing_keys.size(), own, node), ""};
}

Check check_copy(const kafka::Brokers& brokers, const kafka::Description& found, log::Log* copy) {
  if (copy == nullptr) return {"copy", State::good, "in use by a server, which tells how far it is; or none yet", ""};
  if (copy->incarnation() != found.record->incarnation)
    return {"copy", State::bad, "the folder holds a copy of another log than the namespace has",
            "give another --data, or the namespace that it is of"};
  const auto ends = kafka::topic_ends(brokers, kafka::Topics(found.name).events, copy->partitions(), kLookFor);
  if (!ends) return {"copy", State::warning, ends.error().detail, kDescribe};
  std::uint64_t behind = 0;
  for (const auto& [partition, end] : ends.value()) {
    const auto head = copy->head(partition).seq;
    if (head > end)
      return {"copy", State::bad, fmt::format("it has record {}:{}, and the topic ends at {}", partition, head, end),
              "the brokers have lost what was committed; do not start a server before that is mended"};
    behind += end - head;
  }
  if (behind == 0) return {"copy", State::good, "it has all that the topic has", ""};
  return {"copy", State::good, fmt::format("{} records behind the topic; a start fetches them", count(behind)), ""};
}

}  // namespace

std::vector<Check> kafka_checks(const cli::ServeOptions& options, log::Log* copy) {
  kafka::Brokers brokers{options.kafka_brokers, {}};
  auto properties = cli::kafka_properties(options);
  if (!properties) return {{"brokers", State::bad, properties.error().detail, "see --kafka-conf"}};
  brokers.conf = std::move(properties).value();
  const auto found = kafka::describe_topics(brokers, options.kafka_namespace, kLookFor);
  if (!found) return {{"brokers", State::bad, found.error().detail, "see --kafka-brokers and --kafka-conf"}};
  const auto& there = found.value();
  std::vector<Check> checks{
      {"brokers", State::good, fmt::format("{} answer, cluster {}", there.brokers.size(), there.cluster_id), ""},
      check_topics(there),
      check_signing(options, there)};
  if (there.record) checks.push_back(check_copy(brokers, there, copy));
  return checks;
}

}  // namespace hub::offline
