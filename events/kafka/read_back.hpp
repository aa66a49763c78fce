#pragma once
#include <functional>

#include "events/kafka/client.hpp"
#include "events/log/record.hpp"

namespace hub::kafka {

/// Takes the batches of a partition in order, on another thread than the caller's.
using TakeBatch = std::function<Result<void>(const log::Batch&)>;

/// What reading a partition came to.
struct ReadBack {
  log::Head head;      ///< behind the last complete batch
  std::string resume;  ///< Assembler::resume() there
};

/// Reads one partition of the record from its beginning to what is committed by now, as every node does. Fails:
/// internal `log.corrupt` naming the position; gone `log.truncated`; unavailable `kafka.unreachable` when nothing comes
/// for 30 s; conflict `kafka.foreign_record`; as `take` does, which is then called no more.
Result<ReadBack> read_back(const Brokers& brokers, const std::string& topic, std::uint32_t partitions,
                           PartitionId partition, const TakeBatch& take);

}  // namespace hub::kafka
