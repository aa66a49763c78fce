#pragma once
#include <atomic>
#include <thread>

#include "events/kafka/client.hpp"
#include "events/log/inputs.hpp"

namespace hub::kafka {

/// Writes commands to their topic, each on its own; all brokers that are in step have what was written.
class CommandPublisher {
 public:
  /// Connects nothing yet. Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<CommandPublisher>> open(const Brokers& brokers, std::string topic);
  CommandPublisher(const CommandPublisher&) = delete;
  CommandPublisher& operator=(const CommandPublisher&) = delete;
  /// What is still on its way is told to be unknown.
  ~CommandPublisher();

  /// As log::Inputs::publish.
  void publish(PartitionId partition, const log::Command& command, log::Inputs::Delivered delivered);

 private:
  explicit CommandPublisher(std::string topic) : topic_(std::move(topic)) {}
  void run();

  const std::string topic_;
  Client client_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hub::kafka
