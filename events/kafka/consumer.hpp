#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "events/core/ids.hpp"
#include "events/kafka/client.hpp"

namespace hub::kafka {

/// Reads every partition of one topic, each from an offset of its own, on a thread of its own; only what is committed.
class Consumer {
 public:
  struct Handler {
    /// The message is valid during the call.
    std::function<void(const rd_kafka_message_t&)> message;
    /// All that was committed when it was looked at last is read, up to an offset; told again whenever that is so.
    std::function<void(PartitionId, std::int64_t end)> reached_end;
    /// What lies at the wanted offset is not kept any more; the partition is not read on.
    std::function<void(PartitionId)> truncated;
    /// Every two seconds, what librdkafka tells of itself as JSON; empty: it is not asked.
    std::function<void(std::string_view)> statistics;
  };
  /// What is done about what is not kept any more.
  enum class Truncated { tell, begin_with_what_is_kept };
  /// Offsets by partition. Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<Consumer>> start(const Brokers& brokers, const std::string& topic,
                                                 const std::vector<std::int64_t>& offsets, Handler handler,
                                                 Truncated truncated = Truncated::tell);
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  /// The handler runs no more when it returns.
  ~Consumer();

 private:
  Consumer() = default;
  static int on_statistics(rd_kafka_t*, char* json, std::size_t size, void* consumer);
  void run();
  void take(const rd_kafka_message_t& message);

  Client client_;
  Queue queue_;
  Handler handler_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hub::kafka
