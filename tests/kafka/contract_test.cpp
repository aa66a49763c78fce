#include "tests/log/contract.hpp"

#include "events/kafka/kafka_log.hpp"
#include "events/kafka/topics.hpp"
#include "tests/kafka/broker.hpp"
#include "tests/log/inputs_contract.hpp"

namespace hub::log::testing {
namespace {

class KafkaUnderTest final : public LogUnderTest {
 public:
  Result<std::unique_ptr<Log>> open(std::uint32_t partitions) override {
    kafka::KafkaLogOptions options;
    options.brokers.bootstrap = kafka::testing::bootstrap();
    if (!record_) {
      HUB_TRY(const auto made, kafka::init_topics(options.brokers, {name_, 1, partitions, {}}));
      record_ = made.record;
    }
    options.topic = kafka::Topics(name_).events;
    options.transactional_id = "ch-" + name_ + "-node";
    options.folder = folder_.path() / "log";
    options.writers = 2;
    options.partitions = record_->partitions;
    options.incarnation = record_->incarnation;
    return kafka::open_kafka_log(std::move(options));
  }

 private:
  TemporaryFolder folder_;
  const std::string name_ = kafka::testing::unique_namespace();
  std::optional<kafka::NamespaceRecord> record_;
};

/// Each node has a folder of its own, which stays when it ends.
class KafkaInputsUnderTest final : public InputsUnderTest {
 public:
  Result<std::unique_ptr<Log>> open(const std::string& node) override {
    kafka::KafkaLogOptions options;
    options.brokers.bootstrap = kafka::testing::bootstrap();
    HUB_TRY(const auto made, kafka::init_topics(options.brokers, {name_, 1, kPartitions, {}}));
    const kafka::Topics topics(name_);
    options.topic = topics.events;
    options.transactional_id = "ch-" + name_ + "-" + node;
    options.folder = folder_.path() / node;
    options.partitions = made.record.partitions;
    options.incarnation = made.record.incarnation;
    options.member = kafka::MemberOptions{options.brokers, topics.commands, name_, node, kSession};
    return kafka::open_kafka_log(std::move(options));
  }
  bool wait(const std::function<bool()>& is_so) override {
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (!is_so() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(kLook);
    return is_so();
  }

 private:
  static constexpr Duration kSession = seconds(10);
  static constexpr std::chrono::seconds kDeadline{60};
  static constexpr std::chrono::milliseconds kLook{20};
  TemporaryFolder folder_;
  const std::string name_ = kafka::testing::unique_namespace();
};

INSTANTIATE_TEST_SUITE_P(Kafka, InputsContract,
                         ::testing::Values(InputsKind{"Kafka",
                                                      [] { return std::make_unique<KafkaInputsUnderTest>(); }}),
                         name_of_inputs);

INSTANTIATE_TEST_SUITE_P(Kafka, LogContract,
                         ::testing::Values(LogKind{"Kafka", [] { return std::make_unique<KafkaUnderTest>(); }}),
                         name_of);

}  // namespace
}  // namespace hub::log::testing
