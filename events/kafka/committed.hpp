#pragma once
#include <optional>
#include <vector>

#include "events/kafka/admin.hpp"
#include "events/log/record.hpp"

namespace hub::kafka {

/// The same brokers for somebody who reads to the end and is done: that there is no more is told at once, where a
/// reader that goes on would wait half a second for more.
Brokers without_waiting(Brokers brokers);

/// What is committed of one partition by now, in offsets.
struct Span {
  std::int64_t low = 0;   ///< the first that is kept
  std::int64_t high = 0;  ///< behind the last whose transaction has ended
};
/// Of every partition of a topic. Fails: as failure_of().
Result<std::vector<Span>> committed_spans(const Brokers& brokers, const std::string& topic, std::uint32_t partitions,
                                          const Patience& patience);

/// How a partition of the record ends.
struct PartitionEnd {
  std::optional<log::BatchEnd> last;  ///< of the last complete batch that anybody has written, whether it counts or not
  bool is_empty = true;               ///< not one record is committed
};
/// Of every partition of `<ns>.events`; reads backwards from what is committed, so the cost is that of the last
/// batches. Fails: as failure_of(); gone `log.truncated` when the beginning is kept no longer.
Result<std::vector<PartitionEnd>> find_ends(const Brokers& brokers, const std::string& topic, std::uint32_t partitions,
                                            const Patience& patience);

/// Whether anybody takes part in a consumer group at the moment; one that has gone without a word does until its
/// session ends. Fails: as failure_of().
Result<bool> has_members(const Brokers& brokers, const std::string& group, const Patience& patience);

}  // namespace hub::kafka
