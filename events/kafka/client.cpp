#include "events/kafka/client.hpp"

#include <array>

#include "events/core/logging.hpp"

namespace hub::kafka {
namespace {

constexpr std::size_t kErrorBytes = 512;

/// Why each is there: what a broker that is away costs is bounded by the socket's time-out; small records must not wait
/// for more to come (Nagle); the fixed waits of this version between retries shrink with retry.backoff.
const Settings kOurs{
    {"client.id", "computehub"},          {"socket.nagle.disable", "true"}, {"socket.timeout.ms", "5000"},
    {"reconnect.backoff.max.ms", "1000"}, {"retry.backoff.ms", "5"},        {"log.connection.close", "false"},
};

void on_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kWarning = 4;
  logging::write(level < kWarning ? logging::Level::warning : logging::Level::debug, "kafka",
                 {{"facility", facility}, {"text", text}});
}

Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, kErrorBytes> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK)
    return success();
  return invalid("kafka.conf", "the Kafka property " + name + " is unknown, or its value cannot be used", name);
}

}  // namespace

Result<Conf> make_conf(const Brokers& brokers, const Settings& settings) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  HUB_TRY(set(conf.get(), "bootstrap.servers", brokers.bootstrap));
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
