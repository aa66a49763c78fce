#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"
#include "events/kafka/client.hpp"

namespace hub::kafka {

inline constexpr std::string_view kNamespaceDefault = "computehub";
inline constexpr std::size_t kNamespaceSizeMax = 100;
inline constexpr std::uint32_t kPartitionsDefault = 16;
inline constexpr std::uint32_t kPartitionsMax = 1'024;
/// Copies of each partition when nobody says how many: this, or one a broker when there are fewer.
inline constexpr std::uint32_t kReplicationDefault = 3;
/// Largest batch of records that our topics take; a producer's `message.max.bytes` is to be no more.
inline constexpr std::int64_t kBatchBytesMax = std::int64_t{8} << 20U;
/// How long the functions below try before they say that the brokers cannot be reached: longer than the brokers take to
/// find another leader for what a dead one had (9 s by default).
inline constexpr Duration kPatience = seconds(15);

/// Names of the topics of a namespace.
struct Topics {
  explicit Topics(std::string_view name);

  std::string commands;      ///< what is wished for, and results of hosts; one partition for each of `events`; 30 days
  std::string events;        ///< the record; kept for ever
  std::string logs;          ///< lines of deployments; 7 days
  std::string metrics;       ///< samples of deployments; 7 days
  std::string secrets;       ///< one partition, compacted: the last value of a key
  std::string control;       ///< one partition, compacted: the namespace record, public keys
  std::string dead_letters;  ///< one partition; kept for ever

  std::vector<std::string> all() const;
};

/// Fails: invalid `kafka.namespace`; it has 1 to 100 of a-z, 0-9, ".", "_", "-" and begins with a letter or digit.
Result<void> check_namespace(std::string_view name);

/// A topic as it is to be.
struct TopicPlan {
  std::string name;
  std::uint32_t partitions = 1;
  Settings settings;  ///< of the broker for this topic, such as retention.ms
};
/// All topics of a namespace in the order of Topics::all(), for that many partitions of events and brokers' copies.
std::vector<TopicPlan> topic_plans(std::string_view name, std::uint32_t partitions, std::uint32_t replication);

/// Who may write to a namespace.
enum class NamespaceUse {
  open,     ///< its nodes
  filling,  ///< nobody but the one who copies a log into it
  left,     ///< nobody: its log goes on elsewhere
};

/// What is true of a namespace for its whole life, but for its use; kept in `<ns>.control` under the key `namespace` as
/// {"partitions":16,"incarnation":"00f1e2d3c4b5a697"}, with "use":"filling" or "left" when it is not open.
struct NamespaceRecord {
  std::uint32_t partitions = 0;   ///< of events, commands, logs and metrics; 1 to 1,024
  std::uint64_t incarnation = 0;  ///< drawn once, or that of the log that was copied into it; part of every cursor
  NamespaceUse use = NamespaceUse::open;
  bool operator==(const NamespaceRecord&) const = default;
};
std::string to_json_text(const NamespaceRecord& record);
/// Fails: conflict `kafka.namespace_record`: another shape, or out of range.
Result<NamespaceRecord> parse_namespace_record(std::string_view json);

struct InitOptions {
  std::string name{kNamespaceDefault};
  std::uint32_t replication = 0;  ///< 0: min(3, brokers)
  std::uint32_t partitions = 0;   ///< 0: as the namespace has, 16 for a new one
  Duration wait;                  ///< for as many brokers as `replication` asks for; 0: they are to be there
  /// A log of this incarnation is to be copied into it: a new namespace takes that, and is filled until set_use() says
  /// otherwise. One that is there is answered as it is.
  std::optional<std::uint64_t> filled_with = {};
};

/// What init_topics() found and did.
struct InitResult {
  NamespaceRecord record;
  std::vector<std::string> made;  ///< topics that were missing
};

/// Makes the topics that are missing and writes the namespace record when there is none. Safe to repeat, also by
/// several at a time and after an interruption: the record is drawn once. What is there is not changed.
/// Fails: as check_topics() does, but for what it makes; invalid `kafka.namespace`, `kafka.replication` (more than
/// there are brokers), `kafka.partitions_range`.
Result<InitResult> init_topics(const Brokers& brokers, const InitOptions& options, Duration patience = kPatience);

/// The record of a namespace whose topics are all there, whatever its use. Fails: as check_topics().
Result<NamespaceRecord> look_at_namespace(const Brokers& brokers, const std::string& name,
                                          Duration patience = kPatience);

/// Whether a server can work with a namespace; reads only. Fails, each time saying what to do:
/// unavailable `kafka.unreachable` within `patience`, `kafka.tls`; unauthorised `kafka.credentials`; forbidden
/// `kafka.denied`; not_found `kafka.topics_missing`; conflict `kafka.partitions` (a topic has another number of
/// partitions than the namespace), `kafka.namespace_unset`, `kafka.namespace_record`, `kafka.filling`, `kafka.left`
/// (its use); invalid `kafka.namespace`, `kafka.conf`.
Result<NamespaceRecord> check_topics(const Brokers& brokers, const std::string& name, Duration patience = kPatience);

struct BrokerAddress {
  std::int32_t id = 0;
  std::string host;
  std::int32_t port = 0;
};
/// A topic as it is.
struct TopicState {
  std::string name;
  std::uint32_t partitions = 0;  ///< 0: there is none, or these credentials may not see it
  std::uint32_t replication = 0;
  std::uint32_t without_leader = 0;    ///< partitions that nobody can write to now
  std::uint32_t under_replicated = 0;  ///< partitions with fewer copies in step than they should have
  Settings settings;                   ///< those that topic_plans() sets, as they are; empty: may not be seen
};
/// A signing key that a node has announced.
struct SigningKey {
  std::string node;
  std::string id;
  Instant since;
};
struct Description {
  std::string name;
  std::string cluster_id;
  std::vector<BrokerAddress> brokers;
  std::vector<TopicState> topics;  ///< in the order of Topics::all()
  std::optional<NamespaceRecord> record;
  std::vector<SigningKey> signing_keys;  ///< in order of nodes
  std::optional<Failure> trouble;        ///< why check_topics() would refuse it
};
/// Fails: as check_topics() for brokers that cannot be reached or asked; the rest is in `trouble`.
Result<Description> describe_topics(const Brokers& brokers, const std::string& name, Duration patience = kPatience);

}  // namespace hub::kafka
