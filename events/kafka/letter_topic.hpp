#pragma once
#include <memory>

#include "events/kafka/consumer.hpp"
#include "events/kafka/foreign_record.hpp"

namespace hub::kafka {

/// The topic of dead letters: one partition that every node reads whole and writes to, at least once.
class LetterTopic {
 public:
  struct Handler {
    /// In order of the topic, on a thread of its own.
    std::function<void(const ForeignRecord&)> message;
    /// All that was there when it was looked at last is read.
    std::function<void()> reached_end;
  };
  /// Reads from offset `from`, or from the first that is kept. Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<LetterTopic>> open(const Brokers& brokers, const std::string& topic, std::int64_t from,
                                                   Handler handler);
  LetterTopic(const LetterTopic&) = delete;
  LetterTopic& operator=(const LetterTopic&) = delete;
  /// The handler runs no more when it returns; what is not written yet is given up.
  ~LetterTopic();

  /// Writes it as soon as the brokers take it; they are waited for without end, and the handler meets it then.
  void publish(const std::string& key, const std::string& value,
               const std::vector<std::pair<std::string, std::string>>& headers);

 private:
  explicit LetterTopic(std::string topic) : topic_(std::move(topic)) {}
  void run();

  const std::string topic_;
  Client producer_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  ///< serves the producer
  std::unique_ptr<Consumer> consumer_;
};

}  // namespace hub::kafka
