#pragma once
#include <string>
#include <vector>

#include "events/core/ids.hpp"
#include "events/kafka/topic_reading.hpp"

namespace hub::kafka {

/// Where the partitions of one topic end at the moment, for somebody who asks often. One thread at a time.
class LastOffsets {
 public:
  /// Connects nothing yet. Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<LastOffsets>> open(const Brokers& brokers, std::string topic);

  /// The offset behind the last record of each partition, in this order: of all that producers were told is there,
  /// whether it is committed or not. Takes at most a second. Fails: as failure_of().
  Result<std::vector<std::int64_t>> ask(const std::vector<PartitionId>& partitions);

 private:
  LastOffsets(std::string topic, Client client);
  Result<std::vector<std::int64_t>> ask_once(const std::vector<PartitionId>& partitions, const Patience& patience);

  const std::string topic_;
  const Client client_;
  const TopicHandle known_;  ///< so that the client learns of new leaders
};

}  // namespace hub::kafka
