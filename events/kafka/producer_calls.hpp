#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "events/kafka/client.hpp"

namespace hub::kafka {

/// A transactional producer, and a thread for the one call of it that this version of the client never gives up:
/// offsets wait for the broker that coordinates their group for as long as that is away, whatever time-out is named. A
/// producer whose call does not come back is left behind, and ends itself when it does.
class ProducerCalls {
 public:
  /// So many that were left behind at a time; then no more are made.
  static constexpr int kLeftBehindMax = 16;

  /// Fails: invalid `kafka.conf`; unavailable `kafka.unreachable` when too many were left behind.
  static Result<std::unique_ptr<ProducerCalls>> open(Conf conf);
  ProducerCalls(const ProducerCalls&) = delete;
  ProducerCalls& operator=(const ProducerCalls&) = delete;
  ~ProducerCalls();

  rd_kafka_t* get() const { return state_->client.get(); }
  /// Whether a request of a transaction was not answered since it was set to false.
  std::atomic<bool>& shaken() { return state_->shaken; }
  /// As rd_kafka_send_offsets_to_transaction. Behind `deadline` it answers a retriable time-out, and then nothing may
  /// be called any more.
  Error send_offsets(const rd_kafka_topic_partition_list_t& offsets,
                     std::shared_ptr<rd_kafka_consumer_group_metadata_t> group,
                     std::chrono::steady_clock::time_point deadline);
  /// Of this process, at the moment.
  static int left_behind();

 private:
  struct Call {
    Offsets offsets;
    std::shared_ptr<rd_kafka_consumer_group_metadata_t> group;
    int wait_ms = 0;
  };
  /// Also of the thread, which may outlive this.
  struct State {
    ~State();
    std::atomic<bool> shaken{false};
    Client client;
    std::mutex mutex;  ///< guards what follows
    std::condition_variable changed;
    std::optional<Call> call;
    std::optional<Error> answer;
    bool busy = false;
    bool ending = false;
  };

  ProducerCalls() = default;
  static void run(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::thread thread_;
};

}  // namespace hub::kafka
