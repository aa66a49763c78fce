#pragma once
#include <filesystem>
#include <memory>

#include "events/kafka/client.hpp"
#include "events/kafka/foreign_record.hpp"
#include "events/kafka/group_member.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "events/log/log.hpp"

namespace hub::kafka {

struct KafkaLogOptions {
  Brokers brokers;
  std::string topic;                       ///< "<namespace>.events"
  std::string transactional_id;            ///< begins those of this node: "ch-<namespace>-<node>"
  std::filesystem::path folder;            ///< of the local copy: DIR/log and nothing else
  std::size_t writers = 1;                 ///< threads that append at the same time; more wait for each other
  std::uint32_t partitions = 16;           ///< of the topic
  std::uint64_t incarnation = 0;           ///< of the namespace
  std::size_t memory_bytes_max = 8 << 20;  ///< write buffers of the local copy
  /// How this node takes part with others, its brokers aside; empty: it has no inputs(), and claims what it likes.
  std::optional<MemberOptions> member;
  std::shared_ptr<KafkaFigures> figures;  ///< null: the log's own, which nobody sees
  ForeignHandler foreign;                 ///< told of what lies among the events and is not ours; empty: nobody
};

/// The log of several machines: one topic of Apache Kafka, of which each keeps a copy in the embedded log's format. A
/// batch is one transaction. Reads, history and watchers see what the copy has; head() of an owned partition is exact.
/// append() answers `unknown` whenever the brokers did not say for certain that the batch is there.
/// Returns when the copy has what was committed by then. Fails: invalid `kafka.conf`; unavailable `kafka.unreachable`
/// when nothing comes for 30 s; gone `log.truncated`, internal `log.corrupt` naming the position; as log::open_mirror
/// does.
Result<std::unique_ptr<log::Log>> open_kafka_log(KafkaLogOptions options);

}  // namespace hub::kafka
