#pragma once
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "adapters/providers/local/local_provider.hpp"
#include "adapters/telemetry/telemetry_codec.hpp"
#include "events/kafka/consumer.hpp"
#include "events/kafka/publisher.hpp"

namespace hub::telemetry {

struct SharedOutputOptions {
  kafka::Brokers brokers;
  std::string logs_topic;
  std::string metrics_topic;
  std::uint32_t partitions = 16;
  std::string host;                      ///< this machine
  std::filesystem::path positions_file;  ///< how far the topics are read
};

/// Output and metrics of deployments on several machines: what this one has, and what those attached to it have, goes
/// to the topics, at least once and in order for each deployment; what the others have comes from there into the
/// provider's copies. Telemetry: what lies behind the topics' retention is gone.
class SharedOutput {
 public:
  /// Told of copies; called on one thread of its own.
  struct Listener {
    std::function<void(const std::string& deployment, std::uint64_t last_seq)> lines;
    std::function<void(const std::string& deployment, const providers::MetricSample& sample)> sample;
  };
  /// `provider` outlives it. Fails: invalid `kafka.conf`; unavailable `kafka.unreachable`.
  static Result<std::unique_ptr<SharedOutput>> start(SharedOutputOptions options,
                                                     providers::local::LocalProvider& provider, Listener listener);
  ~SharedOutput();
  SharedOutput(const SharedOutput&) = delete;
  SharedOutput& operator=(const SharedOutput&) = delete;

  // Of deployments on this machine, or on one that is attached to this node; any thread, do not block.
  void grown(const std::string& deployment);
  void sampled(const std::string& deployment, const providers::MetricSample& sample);
  void removed(const std::string& deployment);

 private:
  /// Lines of one deployment. One message at a time: what comes behind one that failed would be a gap.
  struct Sending {
    std::uint64_t sent = 0;  ///< seq of the last line that is on the topic
    bool under_way = false;
    bool removed = false;  ///< meanwhile; told behind what is under way
  };
  /// One topic that is read.
  struct Reading {
    std::string topic;
    std::vector<std::int64_t> next;  ///< offset by partition
    std::unique_ptr<kafka::Consumer> consumer;
  };

  SharedOutput(SharedOutputOptions options, providers::local::LocalProvider& provider, Listener listener);
  Result<void> read(Reading& reading);
  void take(Reading& reading, const rd_kafka_message_t& message);
  void keep(const Told& told);
  void is_on_topic(const std::string& deployment, std::uint64_t last_seq);
  void forget(const std::string& deployment);
  void tell_removed(const std::string& deployment);
  void work();
  void send_lines(const std::string& deployment);
  void delivered(const std::string& deployment, std::uint64_t last_seq, log::Delivery delivery);
  void load_positions();
  void save_positions();

  const SharedOutputOptions options_;
  providers::local::LocalProvider& provider_;
  const Listener listener_;
  std::unique_ptr<kafka::Publisher> logs_;
  std::unique_ptr<kafka::Publisher> metrics_;
  std::mutex keeping_;  ///< one at a time: both topics are copied into the same files
  Reading lines_;
  Reading samples_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable wake_;
  std::deque<std::string> grown_;
  std::map<std::string, Sending> sendings_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::telemetry
