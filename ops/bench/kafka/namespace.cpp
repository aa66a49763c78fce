#include "ops/bench/kafka/namespace.hpp"

#include <vector>

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "events/kafka/command_codec.hpp"
#include "events/kafka/produce.hpp"
#include "ops/bench/kafka/tally.hpp"
#include "ops/bench/report.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kPartitions = 16;
constexpr std::size_t kTransactionRecords = 1'000;
constexpr int kPatienceMs = 60'000;
constexpr int kPollMs = 100;
constexpr std::size_t kNoteBytes = 40;

void check(rd_kafka_error_t* error) {
  const kafka::Error owned(error);
  require(!owned, owned ? rd_kafka_error_string(owned.get()) : "");
}

std::size_t header_bytes(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  std::size_t bytes = 0;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    bytes += std::char_traits<char>::length(name) + size;
  return bytes;
}

}  // namespace

Namespace::Namespace(const std::string& bootstrap)
    : brokers{bootstrap, {}}, name("bench-" + to_hex(random_bytes(6))), topics(name) {
  kafka::InitOptions options;
  options.name = name;
  options.partitions = kPartitions;
  auto made = kafka::init_topics(brokers, options);
  require(made.has_value(), made ? "" : made.error().detail);
  record = made.value().record;
}

std::string tally_id(std::size_t number) {
  return derive_id(Tally::prefix, "bench-tally-" + std::to_string(number), 0);
}

log::Command count_command(std::size_t number, std::size_t events) {
  log::Command command;
  command.entity = tally_id(number % kEntities);
  command.type = Count::type;
  command.data = to_json(Count{static_cast<std::int64_t>(events), std::string(kNoteBytes, 'n')});
  command.command_id = "bench-command-" + std::to_string(number);
  command.body_hash = std::string(32, 'h');
  command.actor = "user:bench";
  command.organisation = "org_bench";
  command.project = "prj_bench";
  return command;
}

kafka::Client producer_of(const Namespace& there, kafka::Settings settings) {
  settings.insert({{"enable.idempotence", "true"}, {"linger.ms", "5"}, {"queue.buffering.max.messages", "1000000"}});
  auto conf = kafka::make_conf(there.brokers, settings);
  require(conf.has_value(), "no configuration of Kafka");
  auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(conf).value());
  require(client.has_value(), "no producer");
  return std::move(client).value();
}

kafka::Client reader_of(const Namespace& there, const std::string& group) {
  auto conf = kafka::make_conf(there.brokers, {{"group.id", group},
                                               {"enable.auto.commit", "false"},
                                               {"enable.partition.eof", "true"},
                                               {"isolation.level", "read_committed"}});
  require(conf.has_value(), "no configuration of Kafka");
  auto client = kafka::make_client(RD_KAFKA_CONSUMER, std::move(conf).value());
  require(client.has_value(), "no consumer");
  return std::move(client).value();
}

void assign_all(const kafka::Client& reader, const std::string& topic, std::uint32_t partitions) {
  const kafka::Offsets all(rd_kafka_topic_partition_list_new(static_cast<int>(partitions)));
  for (std::uint32_t partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), static_cast<std::int32_t>(partition))->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  require(rd_kafka_assign(reader.get(), all.get()) == RD_KAFKA_RESP_ERR_NO_ERROR, "no assignment");
}

void send(const kafka::Client& producer, const Namespace& there, const log::Command& command) {
  const auto partition = partition_of(command.entity, there.record.partitions);
  for (;;) {
    auto message = kafka::to_message(command);
    const auto error = kafka::produce(producer.get(), there.topics.commands, partition, message, nullptr);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    require(error == RD_KAFKA_RESP_ERR__QUEUE_FULL, kafka::text_of(error));
    rd_kafka_poll(producer.get(), kPollMs);
  }
}

void lay_commands(const Namespace& there, std::size_t count, std::size_t events_each) {
  const auto client = producer_of(there);
  for (std::size_t i = 0; i < count; ++i) {
    send(client, there, count_command(i, events_each));
    if (i % kTransactionRecords == 0) rd_kafka_poll(client.get(), 0);
  }
  require(rd_kafka_flush(client.get(), kPatienceMs) == RD_KAFKA_RESP_ERR_NO_ERROR, "the commands are not there");
}

double write_raw(const Namespace& there, std::size_t count, std::size_t bytes) {
  const auto client = producer_of(there, {{"transactional.id", there.name + "-raw"}});
  check(rd_kafka_init_transactions(client.get(), kPatienceMs));
  const std::unique_ptr<rd_kafka_topic_t, kafka::Destroyer<rd_kafka_topic_destroy>> topic(
      rd_kafka_topic_new(client.get(), there.topics.events.c_str(), nullptr));
  std::string value(bytes, 'v');
  const auto start = Clock::now();
  for (std::size_t i = 0; i < count;) {
    check(rd_kafka_begin_transaction(client.get()));
    for (const auto end = std::min(count, i + kTransactionRecords); i < end; ++i) {
      const auto partition = static_cast<std::int32_t>(i / kTransactionRecords % there.record.partitions);
      const auto taken = rd_kafka_produce(topic.get(), partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                                          nullptr, 0, nullptr);
      require(taken == 0, "a message is not taken");
    }
    check(rd_kafka_commit_transaction(client.get(), kPatienceMs));
  }
  return seconds_since(start);
}

Volume volume_of(const Namespace& there, const std::string& topic) {
  const auto client = reader_of(there, there.name + "-bench");
  assign_all(client, topic, there.record.partitions);
  Volume volume;
  for (std::uint32_t ended = 0; ended < there.record.partitions;) {
    const kafka::Message message(rd_kafka_consumer_poll(client.get(), kPatienceMs));
    require(message != nullptr, "the brokers do not answer");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended;
    } else {
      require(message->err == RD_KAFKA_RESP_ERR_NO_ERROR, kafka::text_of(message->err));
      ++volume.records;
      volume.bytes += message->len + message->key_len + header_bytes(*message);
    }
  }
  return volume;
}

}  // namespace hub::bench
