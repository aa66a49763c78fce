#include "events/kafka/admin.hpp"

#include <algorithm>
#include <array>

#include "events/kafka/plain_words.hpp"

namespace hub::kafka {
namespace {

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroyer<rd_kafka_metadata_destroy>>;
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;

// A question waits this long before it looks at what the client was told beside it, such as a wrong password. One that
// is given up is asked anew, and so longer each time: slow brokers are to be heard.
constexpr int kSliceMs = 250;
constexpr int kSliceMsMax = 8'000;
constexpr std::size_t kErrorBytes = 512;

TopicState state_of(const rd_kafka_metadata_topic_t& topic) {
  TopicState state;
  state.name = topic.topic;
  state.partitions = static_cast<std::uint32_t>(topic.partition_cnt);
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const auto& partition = topic.partitions[i];
    const auto copies = static_cast<std::uint32_t>(partition.replica_cnt);
    state.replication = i == 0 ? copies : std::min(state.replication, copies);
    if (partition.leader < 0) ++state.without_leader;
    if (partition.isr_cnt < partition.replica_cnt) ++state.under_replicated;
  }
  return state;
}

ClusterView view_of(const rd_kafka_metadata_t& metadata) {
  ClusterView view;
  for (int i = 0; i < metadata.broker_cnt; ++i) {
    const auto& broker = metadata.brokers[i];
    view.brokers.push_back({broker.id, broker.host, broker.port});
  }
  std::sort(view.brokers.begin(), view.brokers.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    const auto& topic = metadata.topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) view.topics.emplace(topic.topic, state_of(topic));
  }
  return view;
}

Result<NewTopic> new_topic(const TopicPlan& plan, std::uint32_t replication) {
  std::array<char, kErrorBytes> why{};
  NewTopic topic(rd_kafka_NewTopic_new(plan.name.c_str(), static_cast<int>(plan.partitions),
                                       static_cast<int>(replication), why.data(), why.size()));
  if (!topic) return invalid("kafka.refused", "the topic " + plan.name + " cannot be asked for: " + why.data());
  for (const auto& [name, value] : plan.settings)
    HUB_ASSERT(rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str()) == RD_KAFKA_RESP_ERR_NO_ERROR);
  return topic;
}

AdminOptions options_for(rd_kafka_t* client, rd_kafka_admin_op_t operation, const Patience& patience) {
  AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, kErrorBytes> why{};
  const int left = patience.slice_ms(patience.left_ms());
  HUB_ASSERT(rd_kafka_AdminOptions_set_request_timeout(options.get(), left, why.data(), why.size()) ==
             RD_KAFKA_RESP_ERR_NO_ERROR);
  // The brokers answer a creation when all of them know the topic.
  if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS)
    HUB_ASSERT(rd_kafka_AdminOptions_set_operation_timeout(options.get(), left, why.data(), why.size()) ==
               RD_KAFKA_RESP_ERR_NO_ERROR);
  return options;
}

Failure not_made(const rd_kafka_topic_result_t& topic) {
  const auto error = rd_kafka_topic_result_error(&topic);
  const auto* words = rd_kafka_topic_result_error_string(&topic);
  const std::string said = words == nullptr ? text_of(error) : words;
  const std::string name = rd_kafka_topic_result_name(&topic);
  switch (error) {
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return invalid("kafka.replication", "not as many copies as there are brokers can be kept: " + said,
                     "replication");
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return conflict("kafka.refused", "the brokers refuse to make the topic " + name + ": " + said);
    default:
      return failure_of(error, "the topic " + name + " could not be made", said);
  }
}

Settings settings_of(const rd_kafka_ConfigResource_t* resource) {
  Settings settings;
  std::size_t count = 0;
  const auto* entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) settings.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
  }
  return settings;
}

}  // namespace

int Patience::left_ms() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

int Patience::slice_ms(int ms) const {
  return std::clamp(left_ms(), 1, std::max(ms, 1));
}

Failure failure_of(rd_kafka_resp_err_t error, std::string_view doing, std::string_view said) {
  const auto detail = std::string(doing) + ": " + (said.empty() ? text_of(error) : plain_words(said));
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      return {FailureKind::unauthorised,
              "kafka.credentials",
              detail +
                  "; check sasl.mechanisms, sasl.username and sasl.password, whether they have expired, and "
                  "security.protocol",
              {},
              0};
    case RD_KAFKA_RESP_ERR__SSL:
      return unavailable("kafka.tls", detail + "; check security.protocol, ssl.ca.location and the certificates");
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
      if (said.empty())
        return unavailable("kafka.unreachable", std::string(doing) + ": no answer in time; check that they run");
      return unavailable("kafka.unreachable", detail);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return forbidden("kafka.denied", detail + "; the brokers know these credentials, but their rights do not reach");
    default:
      return unavailable("kafka.unreachable", detail);
  }
}

Result<Admin> Admin::make(const Brokers& brokers) {
  auto settings = kQuiet;
  // That brokers end connections at once is what tells of a wrong security.protocol.
  settings["log.connection.close"] = "true";
  HUB_TRY(auto conf, make_conf(brokers, settings));
  // What goes wrong is read from the queue, not by a callback on a thread of the client's.
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR);
  HUB_TRY(auto client, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  Admin admin(std::move(client));
  admin.brokers_ = brokers.bootstrap;
  return admin;
}

Admin::Admin(Client client) : client_(std::move(client)), queue_(rd_kafka_queue_get_main(client_.get())) {}

void Admin::hear(const Event& event) {
  const auto error = rd_kafka_event_error(event.get());
  // "All brokers down" says less than what it was that each of them met.
  const bool tells_less = error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (is_hopeless() || (tells_less && heard_.error != RD_KAFKA_RESP_ERR_NO_ERROR)) return;
  heard_ = {error, rd_kafka_event_error_string(event.get())};
}

bool Admin::is_hopeless() const {
  return heard_.error == RD_KAFKA_RESP_ERR__AUTHENTICATION || heard_.error == RD_KAFKA_RESP_ERR__SSL ||
         heard_.error == RD_KAFKA_RESP_ERR__FATAL;
}

Result<ClusterView> Admin::look(const Patience& patience) {
  heard_ = {};
  const auto doing = "the brokers (" + brokers_ + ") cannot be reached";
  for (int slice = kSliceMs;; slice = std::min(slice * 2, kSliceMsMax)) {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto error = rd_kafka_metadata(client_.get(), 1, nullptr, &answer, patience.slice_ms(slice));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const Metadata metadata(answer);
      auto view = view_of(*metadata);
      const std::unique_ptr<char, decltype(&std::free)> id(
          rd_kafka_clusterid(client_.get(), patience.slice_ms(kSliceMs)), &std::free);
      if (id) view.cluster_id = id.get();
      return view;
    }
    while (const Event event{rd_kafka_queue_poll(queue_.get(), 0)}) {
      if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) hear(event);
    }
    if (is_hopeless() || patience.over())
      return heard_.error == RD_KAFKA_RESP_ERR_NO_ERROR ? failure_of(error, doing)
                                                        : failure_of(heard_.error, doing, heard_.text);
  }
}

Result<ClusterView> Admin::look_for(std::size_t brokers, const Patience& wait, const Patience& patience) {
  while (true) {
    HUB_TRY(auto view, look(patience));
    if (view.brokers.size() >= brokers || wait.over()) return view;
    if (const Event event{rd_kafka_queue_poll(queue_.get(), wait.slice_ms(kSliceMs))}) hear(event);
  }
}

Result<Event> Admin::wait(rd_kafka_event_type_t type, std::string_view doing, const Patience& patience) {
  while (true) {
    Event event(rd_kafka_queue_poll(queue_.get(), patience.slice_ms(kSliceMs)));
    if (event && rd_kafka_event_type(event.get()) == type) {
      const auto error = rd_kafka_event_error(event.get());
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
      return failure_of(error, doing, rd_kafka_event_error_string(event.get()));
    }
    if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) hear(event);
    if (is_hopeless()) return failure_of(heard_.error, doing, heard_.text);
    if (!event && patience.over()) return unavailable("kafka.unreachable", std::string(doing) + ": no answer in time");
  }
}

Result<std::vector<std::string>> Admin::create(const std::vector<TopicPlan>& plans, std::uint32_t replication,
                                               const Patience& patience) {
  std::vector<std::string> made;
  if (plans.empty()) return made;
  std::vector<NewTopic> topics;
  std::vector<rd_kafka_NewTopic_t*> handles;
  for (const auto& plan : plans) {
    HUB_TRY(auto topic, new_topic(plan, replication));
    handles.push_back(topic.get());
    topics.push_back(std::move(topic));
  }
  const auto options = options_for(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, patience);
  rd_kafka_CreateTopics(client_.get(), handles.data(), handles.size(), options.get(), queue_.get());
  HUB_TRY(const auto event, wait(RD_KAFKA_EVENT_CREATETOPICS_RESULT, "the topics could not be made", patience));
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return not_made(*results[i]);
    made.emplace_back(rd_kafka_topic_result_name(results[i]));
  }
  HUB_TRY(wait_for(plans, patience));
  return made;
}

Result<void> Admin::wait_for(const std::vector<TopicPlan>& plans, const Patience& patience) {
  while (true) {
    HUB_TRY(const auto view, look(patience));
    const auto shown = [&](const TopicPlan& plan) { return view.topics.find(plan.name) != view.topics.end(); };
    if (std::all_of(plans.begin(), plans.end(), shown)) return success();
    if (patience.over()) return unavailable("kafka.unreachable", "the brokers do not show the topics they have made");
    if (const Event event{rd_kafka_queue_poll(queue_.get(), patience.slice_ms(kSliceMs))}) hear(event);
  }
}

Result<std::map<std::string, Settings>> Admin::settings(const std::vector<std::string>& topics,
                                                        const Patience& patience) {
  std::map<std::string, Settings> found;
  if (topics.empty()) return found;
  std::vector<ConfigResource> resources;
  std::vector<rd_kafka_ConfigResource_t*> handles;
  for (const auto& topic : topics) {
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    handles.push_back(resources.back().get());
  }
  const auto options = options_for(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, patience);
  rd_kafka_DescribeConfigs(client_.get(), handles.data(), handles.size(), options.get(), queue_.get());
  HUB_TRY(const auto event,
          wait(RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, "the topics' settings could not be read", patience));
  std::size_t count = 0;
  const auto* results =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    found.emplace(rd_kafka_ConfigResource_name(results[i]), settings_of(results[i]));
  return found;
}

}  // namespace hub::kafka
