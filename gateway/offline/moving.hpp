#pragma once
#include <functional>
#include <vector>

#include "events/kafka/client.hpp"
#include "events/log/signing.hpp"
#include "events/log/stored_log.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::offline {

/// What a partition comes to.
struct PartitionSum {
  Seq seq = 0;
  Digest hash{};    ///< of the chain at its head
  Digest states{};  ///< StateSum::value()
  std::uint64_t entities = 0;
  std::uint64_t unfolded = 0;
  bool operator==(const PartitionSum&) const = default;
};

/// One partition, here and there.
struct Compared {
  PartitionSum folder, kafka;
};

struct Moved {
  std::uint64_t records = 0;  ///< of the whole log
  std::uint64_t copied = 0;   ///< by this run
  std::uint64_t transactions = 0;
  std::size_t secrets = 0;  ///< values that went along, data keys among them
  Duration copying, verifying;
  std::vector<Compared> partitions;  ///< by partition

  /// When it is not, nothing has changed hands.
  bool is_equal() const;
};

struct MoveOptions {
  kafka::Brokers brokers;
  std::string name;  ///< the namespace
  server::DataFolder folder;
  std::function<void(const std::string&)> say;  ///< told how it goes, in lines
  Duration wait;                                ///< for as many brokers as `replication` says, or for nodes that stop
  cli::EncryptionKey encryption;                ///< of the secrets
  // Of a move to Kafka:
  std::string node;               ///< whose key signs; empty: as the folder says
  std::uint32_t replication = 0;  ///< of topics that are made; 0: min(3, brokers)
};

/// Copies the log of a stopped server's folder into a namespace, makes topics that are missing, announces the key that
/// signs, verifies, and makes the folder the copy of a node. Safe to repeat after it was cut off anywhere: it goes on.
/// Fails: as StoredLog::open, server::open_signer, kafka::init_topics, kafka::fill_namespace, kafka::read_back and
/// move_secrets_to_kafka do;
/// conflict `migrate.done`, `migrate.other_records`, `kafka.left`.
Result<Moved> move_to_kafka(const MoveOptions& options);

/// Brings a stopped node's copy up to the end of the record, verifies it, and makes it a log of its own; the namespace
/// says from then on that it was left, and no node starts on it. Safe to repeat. Fails: as StoredLog::open,
/// kafka::open_kafka_log and kafka::read_back do; conflict `log.not_a_copy`, `log.other`, `migrate.in_use`,
/// `kafka.filling`.
Result<Moved> move_to_embedded(const MoveOptions& options);

}  // namespace hub::offline
