#pragma once
#include <atomic>
#include <thread>

#include "events/kafka/client.hpp"
#include "events/kafka/record_codec.hpp"
#include "events/log/inputs.hpp"

namespace hub::kafka {

/// Writes messages to a topic, each on its own and in no transaction; all brokers that are in step have what was
/// written.
class Publisher {
 public:
  /// Connects nothing yet. Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<Publisher>> open(const Brokers& brokers, std::string topic);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  /// What is still on its way is told to be unknown.
  ~Publisher();

  /// As log::Inputs::publish, never on the caller's thread. One that may be there may come twice. False: the client
  /// takes it not, and `delivered` is not called; so the caller may hold locks that `delivered` needs.
  [[nodiscard]] bool publish(PartitionId partition, Outgoing message, log::Inputs::Delivered delivered);

 private:
  explicit Publisher(std::string topic) : topic_(std::move(topic)) {}
  void run();

  const std::string topic_;
  Client client_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hub::kafka
