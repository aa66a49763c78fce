#include "events/kafka/group_member.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "events/core/logging.hpp"

namespace hub::kafka {
namespace {

/// It is woken when there is something; this only bounds one wait.
constexpr int kPollMs = 1'000;
/// Of what is fetched and not handed over yet: a partition's share, in KiB.
constexpr std::string_view kFetchedKbMax = "8192";
/// Fenced so often within so many sessions: another process has this member's name.
constexpr std::size_t kFencesMax = 3;
constexpr std::int64_t kFencesWithinSessions = 3;
/// Signs of life: two may be late before a lease of half a session ends.
constexpr int kRenewalsPerSession = 6;

}  // namespace

Result<std::unique_ptr<GroupMember>> GroupMember::join(const MemberOptions& options, Handler handler) {
  std::unique_ptr<GroupMember> member(new GroupMember(options, std::move(handler)));
  HUB_TRY(member->open());
  member->thread_ = std::thread([at = member.get()] { at->run(); });
  pthread_setname_np(member->thread_.native_handle(), "hub-kafka-group");
  return member;
}

Result<void> GroupMember::open() {
  const auto session_ms = std::to_string(options_.session.micros / 1'000);
  const auto heartbeat_ms = std::to_string(options_.session.micros / 1'000 / 5);
  HUB_TRY(auto conf, make_conf(options_.brokers, {{"group.id", options_.group},
                                                  {"group.instance.id", options_.instance},
                                                  {"session.timeout.ms", session_ms},
                                                  {"heartbeat.interval.ms", heartbeat_ms},
                                                  // The cooperative one of this version loses assignments.
                                                  {"partition.assignment.strategy", "range"},
                                                  {"isolation.level", "read_committed"},
                                                  {"enable.auto.commit", "false"},
                                                  {"enable.auto.offset.store", "false"},
                                                  {"auto.offset.reset", "error"},
                                                  {"fetch.error.backoff.ms", "50"},
                                                  // What a new owner begins to read waits for the fetch under way.
                                                  {"fetch.wait.max.ms", "100"},
                                                  {"queued.max.messages.kbytes", std::string(kFetchedKbMax)},
                                                  {"check.crcs", "true"}}));
  rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  rd_kafka_conf_set_offset_commit_cb(conf.get(), on_renewed);
  rd_kafka_conf_set_opaque(conf.get(), this);
  HUB_TRY(client_, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  rd_kafka_poll_set_consumer(client_.get());
  {
    const std::lock_guard lock(mutex_);
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  }
  const Offsets topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), options_.topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(client_.get(), topics.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return unavailable("kafka.unreachable", text_of(error));
  return success();
}

void GroupMember::close() {
  if (!client_) return;
  {
    const std::lock_guard lock(mutex_);
    queue_.reset();
    metadata_.reset();
  }
  await_stops();
  // A static member says no goodbye: closing would only wait.
  rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void GroupMember::wake() {
  const std::lock_guard lock(mutex_);
  if (queue_) rd_kafka_queue_yield(queue_.get());
}

void GroupMember::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake();
  thread_.join();
}

GroupMember::~GroupMember() {
  stop();
  close();
}

void GroupMember::begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) {
  {
    const std::lock_guard lock(mutex_);
    beginnings_[partition] = {session, static_cast<std::int64_t>(offset)};
  }
  wake();
}

std::shared_ptr<rd_kafka_consumer_group_metadata_t> GroupMember::metadata() const {
  const std::lock_guard lock(mutex_);
  return metadata_;
}

void GroupMember::set_metadata(std::shared_ptr<rd_kafka_consumer_group_metadata_t> metadata) {
  const std::lock_guard lock(mutex_);
  metadata_ = std::move(metadata);
}

void GroupMember::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions,
                               void* member) {
  static_cast<GroupMember*>(member)->rebalanced(error, *partitions);
}

void GroupMember::rebalanced(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t& partitions) {
  assigned_.clear();
  if (error != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    handler_.revoked();
    set_metadata(nullptr);
    assign(nullptr);
    return;
  }
  renewed_at_ = {};
  std::vector<PartitionId> given;
  given.reserve(static_cast<std::size_t>(partitions.cnt));
  for (int i = 0; i < partitions.cnt; ++i) given.push_back(static_cast<PartitionId>(partitions.elems[i].partition));
  for (const auto partition : given) assigned_[partition];
  // None is read before its owner says from where.
  const Offsets none(rd_kafka_topic_partition_list_new(0));
  assign(none.get());
  set_metadata({rd_kafka_consumer_group_metadata(client_.get()), rd_kafka_consumer_group_metadata_destroy});
  // Whoever was out of the group comes back under another id.
  const std::unique_ptr<char, void (*)(char*)> id(rd_kafka_memberid(client_.get()),
                                                  [](char* text) { rd_kafka_mem_free(nullptr, text); });
  const std::string now = id ? id.get() : "";
  const bool goes_on = !now.empty() && now == member_id_;
  member_id_ = now;
  handler_.assigned(given, goes_on);
}

/// The client ends the process when an assignment is replaced while it still stops what the one before had replaced
/// (librdkafka 2.0.2: rd_kafka_assignment_partition_stopped). Its thread serves all in order: once it has answered a
/// question that was asked behind the stops, what is asked next comes behind their ends.
void GroupMember::await_stops() {
  rd_kafka_topic_partition_list_t* assigned = nullptr;
  if (rd_kafka_assignment(client_.get(), &assigned) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_topic_partition_list_destroy(assigned);
}

rd_kafka_resp_err_t GroupMember::assign(const rd_kafka_topic_partition_list_t* list) {
  await_stops();
  return rd_kafka_assign(client_.get(), list);
}

void GroupMember::run() {
  while (!stopping_ && !expelled_) {
    if (take_beginnings()) read_on();
    renew();
    {
      const Message message(rd_kafka_consumer_poll(client_.get(), kPollMs));
      if (message) take(*message);
    }
    if (std::exchange(fenced_, false)) join_again();
  }
}

/// A member to whom the answer was lost that gave it another id, as behind a broker that bounces, is fenced by itself.
/// Another process of this name fences it again and again.
void GroupMember::join_again() {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::microseconds lately(options_.session.micros * kFencesWithinSessions);
  std::erase_if(fenced_at_, [&](auto at) { return now - at > lately; });
  fenced_at_.push_back(now);
  assigned_.clear();
  if (fenced_at_.size() >= kFencesMax) {
    expelled_ = true;
    set_metadata(nullptr);
    handler_.expelled();
    return;
  }
  logging::write(logging::Level::warning, "this node has lost its place in the group, and takes it again",
                 {{"node", options_.instance}});
  handler_.revoked();
  close();
  // What can be wrong with a configuration was found when it was made first.
  HUB_ASSERT(open());
}

/// By a commit of offsets, which is refused to who is no member any longer, and counts as a sign of life. Where it says
/// that this member is nobody reads; its metadata is the number that tells which answer is its. The time counts from
/// when it was sent: whoever takes over waits for a session from when it came.
void GroupMember::renew() {
  const auto at = std::find_if(assigned_.begin(), assigned_.end(), [](const auto& each) { return each.second; });
  if (!options_.lease || at == assigned_.end()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - renewed_at_ < std::chrono::microseconds(options_.session.micros) / kRenewalsPerSession) return;
  renewed_at_ = now;
  const Offsets list(rd_kafka_topic_partition_list_new(1));
  auto* place =
      rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), static_cast<std::int32_t>(at->first));
  place->offset = at->second->next;
  const auto number = std::to_string(++renewals_);
  place->metadata = strdup(number.c_str());
  place->metadata_size = number.size();
  // What it fails with the next one will hear too.
  static_cast<void>(rd_kafka_commit(client_.get(), list.get(), 1));
}

void GroupMember::on_renewed(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                             void* opaque) {
  const auto& member = *static_cast<const GroupMember*>(opaque);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || list == nullptr || list->cnt != 1 || member.assigned_.empty()) return;
  const auto& place = list->elems[0];
  const std::string_view number(static_cast<const char*>(place.metadata), place.metadata_size);
  if (number != std::to_string(member.renewals_)) return;
  member.options_.lease->extend(member.renewed_at_ + std::chrono::microseconds(member.options_.session.micros) / 2);
}

bool GroupMember::take_beginnings() {
  std::map<PartitionId, Reading> beginnings;
  {
    const std::lock_guard lock(mutex_);
    beginnings.swap(beginnings_);
  }
  bool any = false;
  for (const auto& [partition, reading] : beginnings) {
    const auto place = assigned_.find(partition);
    if (place == assigned_.end()) continue;
    place->second = reading;
    any = true;
  }
  return any;
}

/// What was fetched and not handed over is fetched again; each partition goes on exactly where it is.
void GroupMember::read_on() {
  const Offsets list(rd_kafka_topic_partition_list_new(static_cast<int>(assigned_.size())));
  for (const auto& [partition, reading] : assigned_) {
    if (!reading) continue;
    auto* place =
        rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), static_cast<std::int32_t>(partition));
    place->offset = reading->next;
  }
  if (const auto error = assign(list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    logging::write(logging::Level::warning, "partitions cannot be read", {{"error", text_of(error)}});
}

void GroupMember::take(const rd_kafka_message_t& message) {
  const auto place = assigned_.find(static_cast<PartitionId>(message.partition));
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      // What was on its way when the partition was begun anew.
      if (place == assigned_.end() || !place->second || message.offset < place->second->next) return;
      place->second->next = message.offset + 1;
      handler_.message(place->second->session, message);
      break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      if (place != assigned_.end()) handler_.truncated(place->first);
      break;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      fenced_ = true;
      break;
    default:
      // It goes on by itself when the brokers are back.
      logging::write(logging::Level::warning, "the group's brokers do not answer as they should",
                     {{"error", rd_kafka_message_errstr(&message)}});
  }
}

}  // namespace hub::kafka
