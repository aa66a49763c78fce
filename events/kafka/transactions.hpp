#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "events/kafka/client.hpp"
#include "events/kafka/producer_calls.hpp"
#include "events/kafka/record_codec.hpp"

namespace hub::kafka {

/// What became of a transaction.
enum class Outcome {
  committed,
  aborted,  ///< nothing of it is there; the producer can be used again
  fenced,   ///< nothing of it is there, for another has taken over
  unknown,  ///< nobody knows: what the log says counts
};

/// Where a message goes, and where it came to lie once its transaction is committed.
struct Placed {
  PartitionId partition = 0;
  Outgoing message;
  std::int64_t offset = -1;
};

/// How far the inputs of some partitions are consumed; committed with the transaction, which is `fenced` when the group
/// has gone on without this member. What was written by then is read in front of whatever a later owner writes.
struct ConsumedOffsets {
  Offsets offsets;
  std::shared_ptr<rd_kafka_consumer_group_metadata_t> group;
};

/// One transactional producer. Not for two threads at once.
class Transactions {
 public:
  /// Registers `id` at its coordinator: ends what an earlier producer of the same id left open, and fences that one.
  /// Fails: unavailable `kafka.unreachable`, within `patience`; invalid `kafka.conf`.
  static Result<std::unique_ptr<Transactions>> open(const Brokers& brokers, const std::string& id,
                                                    std::chrono::milliseconds patience);

  /// Writes all or nothing to `topic`, and waits for it: at most two seconds longer than the broker's time-out of
  /// transactions (5 s), and four more to abort it.
  Outcome write(const std::string& topic, std::vector<Placed>& messages, const ConsumedOffsets* consumed = nullptr);
  /// False behind an error that leaves doubt: then another producer of the same id must take its place.
  bool usable() const { return usable_ && !calls_->shaken(); }

 private:
  Transactions() = default;
  bool produce(const std::string& topic, std::vector<Placed>& messages);
  Outcome ended(Error error, bool committing);
  Outcome abort();
  template <class Call>
  Error repeat(std::chrono::steady_clock::time_point deadline, Call call);

  std::unique_ptr<ProducerCalls> calls_;
  rd_kafka_t* client_ = nullptr;  ///< of calls_
  bool usable_ = true;
};

/// Two producers in turn: the broker still writes the marks of the last transaction while the next one begins, which a
/// single one would have to wait for.
class TurnOfTwo {
 public:
  /// `name` as in "ch-computehub-node1-0"; the ids are it with "-a" and "-b".
  TurnOfTwo(Brokers brokers, const std::string& name);

  /// Makes the producers that are missing or left in doubt; whether there were some. Fails as Transactions::open.
  Result<bool> renew();
  /// As Transactions::write; `fenced` also when a producer is missing: what another did meanwhile is not known. Then
  /// renew(), and claim anew whatever is owned.
  Outcome write(const std::string& topic, std::vector<Placed>& messages, const ConsumedOffsets* consumed = nullptr);
  const std::array<std::string, 2>& ids() const { return ids_; }
  /// Producers that were made anew because of doubt.
  std::uint64_t recycled() const { return recycled_; }

 private:
  const Brokers brokers_;
  const std::array<std::string, 2> ids_;
  std::array<std::unique_ptr<Transactions>, 2> producers_;
  std::size_t turn_ = 0;
  bool was_ready_ = false;
  std::atomic<std::uint64_t> recycled_{0};
};

}  // namespace hub::kafka
