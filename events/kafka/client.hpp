#pragma once
#include <map>
#include <string>
#include <string_view>

#include "events/core/result.hpp"
#include "events/kafka/handles.hpp"

namespace hub::kafka {

/// How brokers are reached; the same for every client of a process.
struct Brokers {
  std::string bootstrap;                    ///< "host:port[,host:port …]"
  std::map<std::string, std::string> conf;  ///< passed through to librdkafka, such as security.protocol; said last
};

using Settings = std::map<std::string, std::string>;

/// For a client whose errors are answered to whoever asked: they need not be in the log too.
inline const Settings kQuiet{{"log_level", "2"}};

/// A configuration of librdkafka: what suits all our clients, then `settings`, then what the operator said.
/// Fails: invalid `kafka.conf` naming the property, also one of the operator's on which it hangs that records are
/// whole, once and ours; the value is not repeated, for it may be a password.
Result<Conf> make_conf(const Brokers& brokers, const Settings& settings);

/// Makes a client; takes `conf`. Fails: invalid `kafka.conf`.
Result<Client> make_client(rd_kafka_type_t type, Conf conf);

/// What librdkafka says, for people: "Local: Broker transport failure".
std::string text_of(rd_kafka_resp_err_t error);

}  // namespace hub::kafka
