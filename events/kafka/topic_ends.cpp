#include "events/kafka/topic_ends.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include "events/kafka/consumer.hpp"
#include "events/kafka/record_codec.hpp"

namespace hub::kafka {
namespace {

/// Kafka's own marks take offsets, too, and a batch may be long; checkpoints are batches of one record.
constexpr std::int64_t kLookBack = 256;

}  // namespace

Result<std::map<PartitionId, Seq>> topic_ends(const Brokers& brokers, const std::string& topic,
                                              std::uint32_t partitions, Duration patience) {
  std::mutex mutex;
  std::condition_variable moved;
  std::map<PartitionId, Seq> ends;
  std::set<PartitionId> ended;
  Consumer::Handler handler;
  handler.message = [&](const rd_kafka_message_t& message) {
    const auto read = from_message(message);
    if (!read) return;
    const auto* end = std::get_if<log::BatchEnd>(&read->content);
    if (end == nullptr) return;
    const std::lock_guard lock(mutex);
    ends[static_cast<PartitionId>(message.partition)] = end->last;
  };
  handler.truncated = [&](PartitionId partition) {
    {
      const std::lock_guard lock(mutex);
      ended.insert(partition);
    }
    moved.notify_all();
  };
  handler.reached_end = [told = handler.truncated](PartitionId partition, std::int64_t) { told(partition); };
  const std::vector<std::int64_t> from(partitions, RD_KAFKA_OFFSET_TAIL(kLookBack));
  HUB_TRY(auto consumer, Consumer::start(brokers, topic, from, std::move(handler)));
  std::unique_lock lock(mutex);
  const bool all =
      moved.wait_for(lock, std::chrono::microseconds(patience.micros), [&] { return ended.size() == partitions; });
  lock.unlock();
  consumer.reset();
  if (!all) return unavailable("kafka.unreachable", "the ends of the topic " + topic + " do not come");
  return ends;
}

}  // namespace hub::kafka
