#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "events/kafka/client.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka {

/// Time that several calls share.
class Patience {
 public:
  explicit Patience(Duration span) : end_(std::chrono::steady_clock::now() + std::chrono::microseconds(span.micros)) {}
  bool over() const { return left_ms() == 0; }
  int left_ms() const;
  /// At most `ms`, at least 1.
  int slice_ms(int ms) const;

 private:
  std::chrono::steady_clock::time_point end_;
};

/// What an error means to the one who gave us brokers and credentials: `kafka.credentials`, `kafka.tls`,
/// `kafka.denied`, else `kafka.unreachable`. `doing`: "the topics could not be made"; `said`: librdkafka's words, may
/// be empty.
Failure failure_of(rd_kafka_resp_err_t error, std::string_view doing, std::string_view said = {});

/// The cluster as a broker tells of it.
struct ClusterView {
  std::string cluster_id;
  std::vector<BrokerAddress> brokers;
  std::map<std::string, TopicState, std::less<>> topics;  ///< without their settings
};

/// Asks brokers about themselves and their topics, and makes topics. One thread at a time.
class Admin {
 public:
  /// Connects nothing yet. Fails: `kafka.conf`.
  static Result<Admin> make(const Brokers& brokers);

  /// Fails: as failure_of(), `kafka.unreachable` when the patience is over.
  Result<ClusterView> look(const Patience& patience);
  /// Looks again until there are that many brokers, or `wait` is over; then with those there are.
  Result<ClusterView> look_for(std::size_t brokers, const Patience& wait, const Patience& patience);
  /// Makes topics and waits until a broker shows them; one that is there by now is no failure. Answers the names of
  /// those it made. Also fails: invalid `kafka.replication`, conflict `kafka.refused` (a policy of the brokers).
  Result<std::vector<std::string>> create(const std::vector<TopicPlan>& plans, std::uint32_t replication,
                                          const Patience& patience);
  /// The settings in force of topics that there are: topic → name → value.
  Result<std::map<std::string, Settings>> settings(const std::vector<std::string>& topics, const Patience& patience);

 private:
  /// An error that a client of ours was told beside the calls.
  struct Heard {
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string text;
  };

  explicit Admin(Client client);
  /// Looks until every topic is shown: what the controller has made a broker learns of a moment later.
  Result<void> wait_for(const std::vector<TopicPlan>& plans, const Patience& patience);
  /// Waits for the answer of that type; errors that come meanwhile are kept in heard_.
  Result<Event> wait(rd_kafka_event_type_t type, std::string_view doing, const Patience& patience);
  void hear(const Event& event);
  /// An error that no waiting mends.
  bool is_hopeless() const;

  Client client_;
  Queue queue_;  ///< before the client it goes
  Heard heard_;
  std::string brokers_;
};

}  // namespace hub::kafka
