#pragma once
#include "events/log/embedded_store.hpp"
#include "events/log/log.hpp"

namespace hub::log {

// What is read from the tables of an opened log. Each fails: internal `log.corrupt` naming the position.

struct Tail {
  Head head;
  std::uint32_t turn = 0;  ///< of the batch to come
};
/// Verifies the last batch with records and those without behind it.
Result<Tail> read_tail(Store& store, PartitionId partition);
/// Log::read for a `from` between 1 and the head.
Result<std::vector<BatchPtr>> read_batches(Store& store, PartitionId partition, Seq from, std::size_t bytes_max);
Result<std::vector<EntityRecord>> read_history(Store& store, std::string_view entity, Version from,
                                               std::size_t count_max);
Result<Seq> find_seq_at(Store& store, PartitionId partition, Instant at);

}  // namespace hub::log
