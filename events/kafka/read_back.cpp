#include "events/kafka/read_back.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "events/kafka/assembler.hpp"
#include "events/kafka/committed.hpp"
#include "events/kafka/consumer.hpp"

namespace hub::kafka {
namespace {

constexpr std::chrono::seconds kSilenceMax{30};

class Reading {
 public:
  Reading(PartitionId partition, const TakeBatch& take)
      : partition_(partition), take_(take), assembler_(partition, {}, {}) {}

  Consumer::Handler handler() {
    Consumer::Handler handler;
    handler.message = [this](const rd_kafka_message_t& message) { take(message); };
    handler.reached_end = [this](PartitionId partition, std::int64_t) {
      if (partition == partition_) end(std::nullopt);
    };
    handler.truncated = [this](PartitionId) {
      end(Failure{FailureKind::gone, "log.truncated",
                  "partition " + std::to_string(partition_) + " is kept no longer from its beginning", "", 0});
    };
    return handler;
  }

  Result<ReadBack> wait() {
    std::unique_lock lock(mutex_);
    while (!ended_) {
      const auto before = count_;
      if (moved_.wait_for(lock, kSilenceMax) == std::cv_status::timeout && count_ == before && !ended_)
        return unavailable("kafka.unreachable", "nothing of partition " + std::to_string(partition_) + " comes");
    }
    if (failure_) return *failure_;
    return ReadBack{assembler_.head(), assembler_.resume()};
  }

 private:
  void take(const rd_kafka_message_t& message) {
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      ++count_;
    }
    auto incoming = from_message(message);
    if (!incoming)
      return end(conflict("kafka.foreign_record", "a record that is none of ours lies at offset " +
                                                      std::to_string(message.offset) + " of partition " +
                                                      std::to_string(partition_)));
    auto batch = assembler_.take(std::move(*incoming), message.offset);
    if (!batch) return end(std::move(batch).error());
    if (!batch.value()) return;
    if (auto taken = take_(*batch.value()); !taken) end(std::move(taken).error());
  }
  void end(std::optional<Failure> failure) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
    failure_ = std::move(failure);
    moved_.notify_all();
  }

  const PartitionId partition_;
  const TakeBatch& take_;
  Assembler assembler_;  // of the reading thread until it has ended
  std::mutex mutex_;     ///< guards what follows
  std::condition_variable moved_;
  std::uint64_t count_ = 0;
  bool ended_ = false;
  std::optional<Failure> failure_;
};

}  // namespace

Result<ReadBack> read_back(const Brokers& brokers, const std::string& topic, std::uint32_t partitions,
                           PartitionId partition, const TakeBatch& take) {
  Reading reading(partition, take);
  // The others are not read; where they end is told at once.
  std::vector<std::int64_t> offsets(partitions, RD_KAFKA_OFFSET_END);
  offsets.at(partition) = 0;
  HUB_TRY(const auto consumer, Consumer::start(without_waiting(brokers), topic, offsets, reading.handler()));
  return reading.wait();
}

}  // namespace hub::kafka
