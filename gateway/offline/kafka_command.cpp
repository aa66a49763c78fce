#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "events/core/json.hpp"
#include "events/kafka/topics.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/words.hpp"

namespace hub::offline {
namespace {

using cli::Cell;
using cli::Colour;
using cli::Console;
using cli::Exit;

kafka::Brokers brokers_of(const cli::KafkaCluster& cluster) {
  return {cluster.brokers, cluster.properties};
}

std::string setting(const kafka::TopicState& topic, const std::string& name) {
  const auto found = topic.settings.find(name);
  return found == topic.settings.end() ? std::string() : found->second;
}

std::string incarnation_text(const kafka::NamespaceRecord& record) {
  return fmt::format("{:016x}", record.incarnation);
}

std::string topic_json(const kafka::TopicState& topic) {
  std::string settings;
  for (const auto& [name, value] : topic.settings)
    settings += (settings.empty() ? "" : ",") + json_string(name) + ":" + json_string(to_valid_utf8(value));
  return fmt::format(
      R"({{"name":{},"partitions":{},"replication":{},"without_leader":{},"under_replicated":{},"settings":{{{}}}}})",
      json_string(to_valid_utf8(topic.name)), topic.partitions, topic.replication, topic.without_leader,
      topic.under_replicated, settings);
}

std::string description_json(const kafka::Description& description) {
  std::string brokers, topics, keys;
  for (const auto& broker : description.brokers)
    brokers += fmt::format(R"({}{{"id":{},"host":{},"port":{}}})", brokers.empty() ? "" : ",", broker.id,
                           json_string(to_valid_utf8(broker.host)), broker.port);
  for (const auto& topic : description.topics) topics += (topics.empty() ? "" : ",") + topic_json(topic);
  for (const auto& key : description.signing_keys)
    keys += fmt::format(R"({}{{"node":{},"id":"{}","since":"{}"}})", keys.empty() ? "" : ",",
                        json_string(to_valid_utf8(key.node)), key.id, to_rfc3339(key.since));
  const auto& record = description.record;
  return fmt::format(
      R"({{"namespace":{},"partitions":{},"incarnation":{},"cluster_id":{},"brokers":[{}],"topics":[{}],"signing_keys":[{}],"trouble":{}}})",
      json_string(to_valid_utf8(description.name)), record ? std::to_string(record->partitions) : "null",
      record ? json_string(incarnation_text(*record)) : "null", json_string(to_valid_utf8(description.cluster_id)),
      brokers, topics, keys, description.trouble ? json_string(description.trouble->code) : "null");
}

/// How long a topic keeps what it has; "" when it may not be seen.
std::string kept_text(const kafka::TopicState& topic) {
  if (setting(topic, "cleanup.policy") == "compact") return "the last of a key";
  const auto retention = setting(topic, "retention.ms");
  if (retention.empty()) return {};
  if (retention == "-1") return "for ever";
  const auto parsed = cli::parse_count(retention, 0, std::int64_t{1} << 50U);
  return parsed ? cli::span_text(milliseconds(parsed.value())) : retention;
}

Cell state_cell(const kafka::TopicState& topic) {
  if (topic.partitions == 0) return {"missing", Colour::red};
  if (topic.without_leader > 0) return {fmt::format("{} without leader", topic.without_leader), Colour::red};
  if (topic.under_replicated > 0) return {fmt::format("{} lack copies", topic.under_replicated), Colour::yellow};
  return {"good", Colour::green};
}

std::string topics_table(const kafka::Description& description, const Console& console) {
  const auto number = [](std::uint32_t value) { return value == 0 ? std::string("-") : std::to_string(value); };
  const auto text = [](std::string value) { return value.empty() ? std::string("-") : value; };
  std::vector<std::vector<Cell>> rows;
  for (const auto& topic : description.topics)
    rows.push_back({{topic.name},
                    {number(topic.partitions)},
                    {number(topic.replication)},
                    {text(setting(topic, "min.insync.replicas"))},
                    {text(kept_text(topic))},
                    state_cell(topic)});
  return cli::render_table(
      {{"TOPIC", false, 16}, {"PARTITIONS", true}, {"COPIES", true}, {"MIN IN SYNC", true}, {"KEPT"}, {"STATE"}}, rows,
      console);
}

/// "3 of 2 nodes"; "" when there is none.
std::string keys_text(const kafka::Description& description) {
  std::set<std::string> nodes;
  for (const auto& key : description.signing_keys) nodes.insert(key.node);
  if (nodes.empty()) return {};
  return fmt::format("{} of {}", description.signing_keys.size(), counted(nodes.size(), "node"));
}

std::string brokers_text(const kafka::Description& description) {
  std::string text;
  for (const auto& broker : description.brokers)
    text += fmt::format("{}{} {}:{}", text.empty() ? "" : ", ", broker.id, broker.host, broker.port);
  return text;
}

}  // namespace

Result<Exit> kafka_init(const cli::KafkaInit& wanted, Console& console) {
  const auto& name = wanted.cluster.name;
  const kafka::InitOptions options{name, wanted.replication, wanted.partitions, wanted.wait};
  HUB_TRY(const auto done,
          kafka::init_topics(brokers_of(wanted.cluster), options, std::max(wanted.wait, kafka::kPatience)));
  if (console.json) {
    std::string made;
    for (const auto& topic : done.made) made += (made.empty() ? "" : ",") + json_string(to_valid_utf8(topic));
    console.line(fmt::format(R"({{"namespace":{},"partitions":{},"incarnation":{},"made":[{}]}})",
                             json_string(to_valid_utf8(name)), done.record.partitions,
                             json_string(incarnation_text(done.record)), made));
    return Exit::done;
  }
  for (const auto& topic : done.made) console.line("made " + cli::printable(topic));
  console.line(fmt::format("the namespace {} has {} partitions; its incarnation is {}", cli::printable(name),
                           done.record.partitions, incarnation_text(done.record)));
  return Exit::done;
}

Result<Exit> kafka_describe(const cli::KafkaCluster& cluster, Console& console) {
  HUB_TRY(const auto description, kafka::describe_topics(brokers_of(cluster), cluster.name));
  if (console.json) {
    console.line(description_json(description));
  } else {
    const auto& record = description.record;
    console.out(cli::render_fields({{"namespace", {description.name}},
                                    {"partitions", {record ? std::to_string(record->partitions) : ""}},
                                    {"incarnation", {record ? incarnation_text(*record) : ""}},
                                    {"cluster", {description.cluster_id}},
                                    {"brokers", {brokers_text(description)}},
                                    {"signing keys", {keys_text(description)}}},
                                   console));
    console.line("");
    console.out(topics_table(description, console));
  }
  if (description.trouble) return *description.trouble;
  return Exit::done;
}

}  // namespace hub::offline
