#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/kafka/client.hpp"
#include "events/kafka/foreign_record.hpp"
#include "events/log/lease.hpp"

namespace hub::kafka {

struct MemberOptions {
  Brokers brokers;
  std::string topic;  ///< whose partitions the group shares out: "<namespace>.commands"
  std::string group;
  std::string instance;  ///< this member's name, for static membership: a restart within the session moves nothing
  Duration session =
      seconds(10);  ///< a member of which nothing is heard for so long has left; 6 s to 30 min by default
  bool skips_lost_commands = false;  ///< go on where the topic begins when that is behind what was decided
  ForeignHandler foreign = {};       ///< told of what lies among the commands and is not ours; empty: nobody
  /// Extended while the group knows this member: for half a session from when it was last heard. May be null.
  std::shared_ptr<log::Lease> lease = {};
};

/// A member of a group that shares out the partitions of a topic, and a reader of those it was given; on a thread of
/// its own. It reads a partition only when it is told where to begin: the group's own offsets are not read, ever.
class GroupMember {
 public:
  struct Handler {
    /// As in log::Inputs::Handler.
    std::function<void(const std::vector<PartitionId>&, bool goes_on)> assigned;
    std::function<void()> revoked;
    /// Valid during the call; `session` is that of begin().
    std::function<void(std::uint64_t session, const rd_kafka_message_t&)> message;
    std::function<void(PartitionId)> truncated;
    /// Another process has this member's name; nothing more is told. Fenced once or twice it joins again: a broker that
    /// bounces may fence a member by itself.
    std::function<void()> expelled;
  };
  /// Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<GroupMember>> join(const MemberOptions& options, Handler handler);
  GroupMember(const GroupMember&) = delete;
  GroupMember& operator=(const GroupMember&) = delete;
  /// The group keeps this member's place until its session ends.
  ~GroupMember();

  /// The handler is not called when it returns.
  void stop();

  /// From any thread. A partition that is not this member's is left out.
  void begin(PartitionId partition, std::uint64_t session, std::uint64_t offset);
  /// To send offsets with a transaction; null while this member has no place in the group. From any thread.
  std::shared_ptr<rd_kafka_consumer_group_metadata_t> metadata() const;

 private:
  /// Where a partition is read.
  struct Reading {
    std::uint64_t session = 0;
    std::int64_t next = 0;  ///< offset of the next message to hand over
  };

  explicit GroupMember(MemberOptions options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {}
  Result<void> open();
  void close();
  void wake();
  void join_again();
  /// Lets the group hear of this member, and learns whether it is still in it.
  void renew();
  static void on_renewed(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*, void* member);
  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions,
                           void* member);
  void rebalanced(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t& partitions);
  void run();
  bool take_beginnings();
  void await_stops();
  rd_kafka_resp_err_t assign(const rd_kafka_topic_partition_list_t* list);
  void read_on();
  void take(const rd_kafka_message_t& message);
  void set_metadata(std::shared_ptr<rd_kafka_consumer_group_metadata_t> metadata);

  const MemberOptions options_;
  const Handler handler_;
  Client client_;
  std::string member_id_;  ///< of the thread: under which it was given its partitions last
  std::map<PartitionId, std::optional<Reading>> assigned_;        ///< of the thread
  std::vector<std::chrono::steady_clock::time_point> fenced_at_;  ///< of the thread: lately
  std::chrono::steady_clock::time_point renewed_at_;              ///< of the thread: when it last let the group hear
  std::uint64_t renewals_ = 0;                                    ///< of the thread: and how often
  mutable std::mutex mutex_;                                      ///< guards the next three
  Queue queue_;                                                   ///< null between two clients
  std::map<PartitionId, Reading> beginnings_;
  std::shared_ptr<rd_kafka_consumer_group_metadata_t> metadata_;
  std::atomic<bool> stopping_{false};
  bool fenced_ = false;    ///< of the thread
  bool expelled_ = false;  ///< of the thread
  std::thread thread_;
};

}  // namespace hub::kafka
