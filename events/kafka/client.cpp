#include "events/kafka/client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "events/core/logging.hpp"
#include "events/kafka/plain_words.hpp"

namespace hub::kafka {
namespace {

constexpr std::size_t kErrorBytes = 512;

/// Why each is there: what a broker that is away costs is bounded by the socket's time-out; small records must not wait
/// for more to come (Nagle); the fixed waits of this version between retries shrink with retry.backoff.
const Settings kOurs{
    {"client.id", "computehub"},          {"socket.nagle.disable", "true"}, {"socket.timeout.ms", "5000"},
    {"reconnect.backoff.max.ms", "1000"}, {"retry.backoff.ms", "5"},        {"log.connection.close", "false"},
};

/// What being exactly once hangs on, or what an option of ours says. Beside each that option, if any.
constexpr std::pair<std::string_view, std::string_view> kNotTheirs[] = {{"acks", ""},
                                                                        {"allow.auto.create.topics", ""},
                                                                        {"auto.commit.enable", ""},
                                                                        {"auto.offset.reset", ""},
                                                                        {"bootstrap.servers", "--kafka-brokers"},
                                                                        {"check.crcs", ""},
                                                                        {"delivery.timeout.ms", ""},
                                                                        {"enable.auto.commit", ""},
                                                                        {"enable.auto.offset.store", ""},
                                                                        {"enable.idempotence", ""},
                                                                        {"enable.partition.eof", ""},
                                                                        {"group.id", "--namespace"},
                                                                        {"group.instance.id", "--node"},
                                                                        {"isolation.level", ""},
                                                                        {"message.timeout.ms", ""},
                                                                        {"metadata.broker.list", "--kafka-brokers"},
                                                                        {"partition.assignment.strategy", ""},
                                                                        {"request.required.acks", ""},
                                                                        {"session.timeout.ms", "--session-timeout"},
                                                                        {"transaction.timeout.ms", ""},
                                                                        {"transactional.id", "--node"}};

/// Fails when an operator's property would change what the record is, or where it lies.
Result<void> check_theirs(const std::string& name) {
  const auto* const found =
      std::find_if(std::begin(kNotTheirs), std::end(kNotTheirs), [&](const auto& each) { return each.first == name; });
  if (found == std::end(kNotTheirs)) return success();
  const auto instead =
      found->second.empty() ? std::string("leave it out") : "say it with " + std::string(found->second);
  return invalid("kafka.conf", "the Kafka property " + name + " is for ComputeHub to set: " + instead, name);
}

/// Each client of a process tells of the same brokers, again and again: in so long one line says enough.
constexpr std::chrono::seconds kTroubleEvery{30};

bool is_time_to_tell() {
  static std::atomic<std::int64_t> next{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  auto due = next.load();
  return now.count() >= due && next.compare_exchange_strong(due, (now + kTroubleEvery).count());
}

/// What a transaction came to is answered to whoever asked, and told there.
bool is_of_a_transaction(std::string_view facility) {
  return facility == "TXNERR" || facility == "FATAL" || facility == "ADDPARTS";
}

void on_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kWarning = 4;
  if (level < kWarning && !is_of_a_transaction(facility) && is_time_to_tell())
    logging::write(logging::Level::warning, "Kafka's client has trouble with a broker", {{"why", plain_words(text)}});
  else
    logging::write(logging::Level::debug, "kafka", {{"facility", facility}, {"text", text}});
}

Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, kErrorBytes> why{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size())) {
    case RD_KAFKA_CONF_OK:
      return success();
    case RD_KAFKA_CONF_UNKNOWN:
      return invalid("kafka.conf", "Kafka's client knows no property " + name, name);
    case RD_KAFKA_CONF_INVALID:
      break;
  }
  return invalid("kafka.conf", "what is given for the Kafka property " + name + " cannot be its value", name);
}

}  // namespace

Result<Conf> make_conf(const Brokers& brokers, const Settings& settings) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  HUB_TRY(set(conf.get(), "bootstrap.servers", brokers.bootstrap));
  for (const auto& [name, value] : brokers.conf) {
    HUB_TRY(check_theirs(name));
  }
  for (const auto* each : {&kOurs, &settings, &brokers.conf}) {
    for (const auto& [name, value] : *each) {
      HUB_TRY(set(conf.get(), name, value));
    }
  }
  return conf;
}

Result<Client> make_client(rd_kafka_type_t type, Conf conf) {
  std::array<char, kErrorBytes> why{};
  // The client takes the configuration when it is made, and only then.
  Client client(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (!client) return invalid("kafka.conf", std::string("Kafka's client cannot be made: ") + why.data());
  static_cast<void>(conf.release());
  return client;
}

std::string text_of(rd_kafka_resp_err_t error) {
  return rd_kafka_err2str(error);
}

}  // namespace hub::kafka
