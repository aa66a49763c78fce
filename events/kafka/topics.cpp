#include "events/kafka/topics.hpp"

#include <algorithm>

#include "events/kafka/admin.hpp"
#include "events/kafka/namespace_record.hpp"
#include "events/kafka/node_keys.hpp"

namespace hub::kafka {
namespace {

constexpr Duration kSettingsPatience = seconds(3);
/// Of several brokers one answers at once: whoever waits at a terminal need not wait for more.
constexpr Duration kReach = seconds(10);
constexpr auto kDayMs = std::int64_t{24} * 60 * 60 * 1'000;

bool is_partitioned(const Topics& topics, std::string_view name) {
  return name == topics.commands || name == topics.events || name == topics.logs || name == topics.metrics;
}

/// One copy less than all may be away while a record is taken; with two copies both may not be wanted always.
std::uint32_t copies_in_step(std::uint32_t replication) {
  return replication >= 3 ? 2 : 1;
}

Settings kept(std::int64_t days) {
  return {{"cleanup.policy", "delete"},
          {"retention.ms", days == 0 ? "-1" : std::to_string(days * kDayMs)},
          {"retention.bytes", "-1"}};
}

/// The broker's own time counts for what is dropped by age: a node whose clock is wrong loses nothing.
Settings kept_by_brokers_clock(std::int64_t days) {
  auto settings = kept(days);
  settings.emplace("message.timestamp.type", "LogAppendTime");
  return settings;
}

/// An old value of a secret is gone within a day, and a reader that was away for a month still learns of a deletion.
Settings compacted() {
  return {{"cleanup.policy", "compact"},
          {"max.compaction.lag.ms", std::to_string(kDayMs)},
          {"delete.retention.ms", std::to_string(30 * kDayMs)}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string init_command(const Brokers& brokers, const std::string& name) {
  auto command = "computehub kafka init --kafka-brokers " + brokers.bootstrap;
  return name == kNamespaceDefault ? command : command + " --namespace " + name;
}

std::vector<std::string> missing(const ClusterView& view, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& topic : Topics(name).all())
    if (view.topics.find(topic) == view.topics.end()) names.push_back(topic);
  return names;
}

Failure wrong_partitions(const TopicState& topic, std::uint32_t wanted, const std::string& because) {
  return conflict("kafka.partitions", topic.name + " has " + std::to_string(topic.partitions) + " partitions, not " +
                                          std::to_string(wanted) + because +
                                          "; the number holds for the life of a namespace: use another --namespace, "
                                          "or delete the topics when nothing in them is wanted");
}

/// Every topic that is there has the partitions it is to have.
Result<void> check_partitions(const ClusterView& view, const std::string& name, std::uint32_t partitions,
                              const std::string& because) {
  for (const auto& plan : topic_plans(name, partitions, 1)) {
    const auto found = view.topics.find(plan.name);
    if (found != view.topics.end() && found->second.partitions != plan.partitions)
      return wrong_partitions(found->second, plan.partitions, plan.partitions == partitions ? because : "");
  }
  return success();
}

Result<NamespaceRecord> check(const Brokers& brokers, const ClusterView& view, const std::string& name,
                              const Patience& patience) {
  const auto init = init_command(brokers, name);
  if (const auto names = missing(view, name); !names.empty())
    return not_found("kafka.topics_missing", "the namespace " + name + " lacks topics (" + joined(names) +
                                                 "), or these credentials may not see them: run \"" + init + "\"");
  HUB_TRY(const auto record, read_namespace_record(brokers, name, patience));
  if (!record)
    return conflict("kafka.namespace_unset",
                    Topics(name).control + " holds no namespace record: run \"" + init + "\" to its end");
  HUB_TRY(check_partitions(view, name, record->partitions, " as its namespace has"));
  return *record;
}

Result<void> check_use(const NamespaceRecord& record, const std::string& name) {
  switch (record.use) {
    case NamespaceUse::open:
      return success();
    case NamespaceUse::filling:
      return conflict("kafka.filling", "a log is being copied into the namespace " + name +
                                           ": run \"computehub migrate\" to its end, or use another --namespace");
    case NamespaceUse::left:
      return conflict("kafka.left", "the record of the namespace " + name +
                                        " was taken out of Kafka and goes on elsewhere: use another --namespace");
  }
  return success();
}

Result<std::vector<SigningKey>> signing_keys(const Brokers& brokers, const std::string& name,
                                             const NamespaceRecord& record, const Patience& patience) {
  HUB_TRY(const auto announced, NodeKeys(brokers, name, record.incarnation).read(patience));
  std::vector<SigningKey> found;
  for (const auto& each : announced.keys) found.push_back({each.node, each.key.id(), each.since});
  return found;
}

/// The record that is there already, if any. Without its events it must not go on as if nothing had been in them.
Result<std::optional<NamespaceRecord>> earlier_record(const Brokers& brokers, const ClusterView& view,
                                                      const std::string& name, const Patience& patience) {
  const Topics topics(name);
  if (view.topics.find(topics.control) == view.topics.end()) return std::optional<NamespaceRecord>();
  HUB_TRY(const auto record, read_namespace_record(brokers, name, patience));
  if (record && view.topics.find(topics.events) == view.topics.end())
    return conflict("kafka.events_deleted", topics.events + " is not there, though the namespace " + name +
                                                " was made: its record was deleted, or these credentials may not see "
                                                "it; bring the topic back, or use another --namespace");
  return record;
}

/// That of the namespace; else what was asked for; else what an interrupted init has given the topics.
Result<std::uint32_t> partitions_of(const ClusterView& view, const std::optional<NamespaceRecord>& record,
                                    const InitOptions& options) {
  if (options.partitions > kPartitionsMax)
    return invalid("kafka.partitions_range", "a namespace has 1 to 1,024 partitions", "partitions");
  if (options.partitions != 0) return options.partitions;
  if (record) return record->partitions;
  const Topics topics(options.name);
  for (const auto& name : {topics.events, topics.commands, topics.logs, topics.metrics})
    if (const auto found = view.topics.find(name); found != view.topics.end()) return found->second.partitions;
  return kPartitionsDefault;
}

Result<std::uint32_t> replication_of(const ClusterView& view, const InitOptions& options) {
  const auto brokers = static_cast<std::uint32_t>(view.brokers.size());
  if (options.replication > brokers)
    return invalid("kafka.replication",
                   "there are " + std::to_string(brokers) +
                       " broker(s), so a partition has at most as many copies, not " +
                       std::to_string(options.replication),
                   "replication");
  return options.replication != 0 ? options.replication : std::min(kReplicationDefault, std::max(brokers, 1U));
}

}  // namespace

Topics::Topics(std::string_view name)
    : commands(std::string(name) + ".commands"),
      events(std::string(name) + ".events"),
      logs(std::string(name) + ".logs"),
      metrics(std::string(name) + ".metrics"),
      secrets(std::string(name) + ".secrets"),
      control(std::string(name) + ".control"),
      dead_letters(std::string(name) + ".dead-letters") {}

std::vector<std::string> Topics::all() const {
  return {commands, events, logs, metrics, secrets, control, dead_letters};
}

Result<void> check_namespace(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool good =
      !name.empty() && name.size() <= kNamespaceSizeMax && plain(name.front()) &&
      std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
  if (good) return success();
  return invalid("kafka.namespace",
                 "a namespace has 1 to 100 of a-z, 0-9, \".\", \"_\" and \"-\" and begins with a letter or digit",
                 "namespace");
}

std::vector<TopicPlan> topic_plans(std::string_view name, std::uint32_t partitions, std::uint32_t replication) {
  constexpr std::int64_t kForEver = 0, kCommandDays = 30, kTelemetryDays = 7;
  const Topics topics(name);
  const std::vector<std::pair<std::string, Settings>> wanted = {
      {topics.commands, kept_by_brokers_clock(kCommandDays)},
      {topics.events, kept(kForEver)},
      {topics.logs, kept_by_brokers_clock(kTelemetryDays)},
      {topics.metrics, kept_by_brokers_clock(kTelemetryDays)},
      {topics.secrets, compacted()},
      {topics.control, compacted()},
      {topics.dead_letters, kept(kForEver)},
  };
  std::vector<TopicPlan> plans;
  for (const auto& [topic, settings] : wanted) {
    plans.push_back({topic, is_partitioned(topics, topic) ? partitions : 1, settings});
    auto& all = plans.back().settings;
    all.emplace("min.insync.replicas", std::to_string(copies_in_step(replication)));
    all.emplace("unclean.leader.election.enable", "false");
    all.emplace("max.message.bytes", std::to_string(kBatchBytesMax));
  }
  return plans;
}

Result<InitResult> init_topics(const Brokers& brokers, const InitOptions& options, Duration span) {
  HUB_TRY(check_namespace(options.name));
  const Patience patience(span);
  HUB_TRY(auto admin, Admin::make(brokers));
  HUB_TRY(const auto view, admin.look_for(options.replication, Patience(options.wait),
                                          Patience(std::max(options.wait, std::min(span, kReach)))));
  HUB_TRY(const auto record, earlier_record(brokers, view, options.name, patience));
  HUB_TRY(const auto partitions, partitions_of(view, record, options));
  HUB_TRY(const auto replication, replication_of(view, options));
  HUB_TRY(check_partitions(view, options.name, partitions, options.partitions == 0 ? "" : " as asked for"));
  const auto names = missing(view, options.name);
  std::vector<TopicPlan> plans;
  for (const auto& plan : topic_plans(options.name, partitions, replication))
    if (std::find(names.begin(), names.end(), plan.name) != names.end()) plans.push_back(plan);
  InitResult result;
  HUB_TRY(result.made, admin.create(plans, replication, patience));
  NamespaceRecord wanted{partitions, draw_incarnation()};
  if (options.filled_with) wanted = {partitions, *options.filled_with, NamespaceUse::filling};
  HUB_TRY(result.record, ensure_namespace_record(brokers, options.name, wanted, patience));
  // Whoever made the topics or the record at the same time may have chosen otherwise; and this is what a server does.
  HUB_TRY(const auto after, admin.look(patience));
  HUB_TRY(check(brokers, after, options.name, patience));
  return result;
}

Result<NamespaceRecord> look_at_namespace(const Brokers& brokers, const std::string& name, Duration span) {
  HUB_TRY(check_namespace(name));
  const Patience patience(span);
  HUB_TRY(auto admin, Admin::make(brokers));
  HUB_TRY(const auto view, admin.look(Patience(std::min(span, kReach))));
  return check(brokers, view, name, patience);
}

Result<NamespaceRecord> check_topics(const Brokers& brokers, const std::string& name, Duration span) {
  HUB_TRY(const auto record, look_at_namespace(brokers, name, span));
  HUB_TRY(check_use(record, name));
  return record;
}

Result<Description> describe_topics(const Brokers& brokers, const std::string& name, Duration span) {
  HUB_TRY(check_namespace(name));
  const Patience patience(span);
  HUB_TRY(auto admin, Admin::make(brokers));
  HUB_TRY(const auto view, admin.look(Patience(std::min(span, kReach))));
  Description description{name, view.cluster_id, view.brokers, {}, {}, {}, {}};
  auto checked = check(brokers, view, name, patience);
  if (checked)
    description.record = checked.value();
  else
    description.trouble = std::move(checked).error();
  if (description.record) {
    if (auto use = check_use(*description.record, name); !use) description.trouble = std::move(use).error();
    HUB_TRY(description.signing_keys, signing_keys(brokers, name, *description.record, patience));
  }
  std::vector<std::string> there;
  for (const auto& topic : Topics(name).all())
    if (view.topics.find(topic) != view.topics.end()) there.push_back(topic);
  const auto settings = admin.settings(there, Patience(kSettingsPatience));
  for (const auto& plan : topic_plans(name, kPartitionsDefault, 1)) {
    const auto found = view.topics.find(plan.name);
    auto state = found == view.topics.end() ? TopicState{plan.name, 0, 0, 0, 0, {}} : found->second;
    // Rights may reach for the topics and not for their settings, or the broker that was asked has just died.
    if (settings && settings.value().count(plan.name) != 0)
      for (const auto& [key, value] : settings.value().at(plan.name))
        if (plan.settings.count(key) != 0) state.settings.emplace(key, value);
    description.topics.push_back(std::move(state));
  }
  return description;
}

}  // namespace hub::kafka
