#include "tests/log/contract.hpp"

#include "events/kafka/kafka_log.hpp"
#include "events/kafka/topics.hpp"
#include "tests/kafka/broker.hpp"

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

INSTANTIATE_TEST_SUITE_P(Kafka, LogContract,
                         ::testing::Values(LogKind{"Kafka", [] { return std::make_unique<KafkaUnderTest>(); }}),
                         name_of);

}  // namespace
}  // namespace hub::log::testing
