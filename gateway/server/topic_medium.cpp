#include "gateway/server/topic_medium.hpp"

#include <thread>

#include "events/kafka/shared_topic.hpp"

namespace hub::server {
namespace {

constexpr std::int64_t kRetryAfterMs = 1'000;

/// Whoever asks for a secret cannot mend what is between us and the brokers, whatever it is.
Failure to_caller(const Failure& failure) {
  return {FailureKind::unavailable,
          "secrets.unavailable",
          "the secrets that the nodes share cannot be reached at the moment: " + failure.detail,
          {},
          kRetryAfterMs};
}

class TopicMedium final : public secrets::Medium {
 public:
  explicit TopicMedium(kafka::SharedTopic::Options options) : options_(std::move(options)) {}

  Result<void> follow(Take take) override {
    HUB_TRY(topic_, kafka::SharedTopic::open(options_, std::move(take), kafka::Patience(kafka::kPatience)));
    return success();
  }

  Result<void> catch_up() override {
    const auto done = topic_->catch_up();
    if (!done) return to_caller(done.error());
    return success();
  }

  Result<void> write(Changes changes) override {
    std::vector<kafka::SharedTopic::Record> records;
    for (auto& change : changes) records.push_back({std::move(change.name), std::move(change.bytes)});
    const auto done = topic_->write(records);
    if (!done) return to_caller(done.error());
    return success();
  }

  Result<void> settle() override {
    std::this_thread::sleep_for(std::chrono::microseconds(options_.patience.micros));
    return catch_up();
  }

 private:
  const kafka::SharedTopic::Options options_;
  std::unique_ptr<kafka::SharedTopic> topic_;
};

}  // namespace

std::unique_ptr<secrets::Medium> make_topic_medium(kafka::Brokers brokers, std::string_view name) {
  kafka::SharedTopic::Options options;
  options.brokers = std::move(brokers);
  options.topic = kafka::Topics(name).secrets;
  return std::make_unique<TopicMedium>(std::move(options));
}

}  // namespace hub::server
