#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::cli {

enum class LogFormat { text, json };
BOOST_DESCRIBE_ENUM(LogFormat, text, json)

/// Where the record lies.
enum class LogKind { embedded, kafka };
BOOST_DESCRIBE_ENUM(LogKind, embedded, kafka)

enum class LogLevel { trace, debug, info, warning, error };
BOOST_DESCRIBE_ENUM(LogLevel, trace, debug, info, warning, error)

/// Where to listen. The host is an IP address or "localhost", without brackets; port 0 picks a free one.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;

  bool is_loopback() const;
  bool operator==(const ListenAddress&) const = default;
};
std::string to_text(const ListenAddress& address);  ///< "127.0.0.1:8080", "[::1]:8080"

/// What a server is told. The names of the options are those of the members with "-" for "_".
struct ServeOptions {
  std::filesystem::path data = "./.data";
  ListenAddress listen;
  bool dev = false;       ///< one admin, one token; loopback only
  std::string dev_token;  ///< secret; empty: made and kept in DIR/keys
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
  std::filesystem::path tls_cert;  ///< PEM; empty: no TLS
  std::filesystem::path tls_key;
  std::vector<std::string> behind_proxy;  ///< IP addresses or CIDR ranges whose X-Forwarded-* is believed
  bool metrics_open = false;              ///< /metrics needs no token
  bool read_only = false;
  std::uint32_t max_connections = 10'000;
  std::int64_t max_body_bytes = std::int64_t{1} << 20U;
  std::uint32_t threads = 0;      ///< of the gateway; 0: one a core
  std::uint32_t partitions = 16;  ///< of a new log; an existing one keeps its own
  std::filesystem::path encryption_key_file;
  /// Of a shared log: the key that other nodes may rotate to; either may be in force.
  std::filesystem::path encryption_key_next_file;
  std::string encryption_key;  ///< secret; as whoever opens the secrets store reads it
  LogKind log = LogKind::embedded;
  std::string node;                               ///< empty: made at the first start and kept in the data folder
  std::string kafka_brokers;                      ///< "host:port[,host:port …]"; empty: none
  std::map<std::string, std::string> kafka_conf;  ///< properties of librdkafka; may hold secrets
  std::filesystem::path kafka_conf_file;          ///< more of them; empty: none
  std::string kafka_namespace = "computehub";     ///< the option is called "namespace"
  Duration session_timeout = seconds(10);         ///< a node of which nothing is heard for so long is given up
  bool skip_lost_commands = false;                ///< start although commands are gone that nobody has decided
  std::string app_name = "computehub";            ///< "app.name": how this system calls itself
  std::string app_env = "production";             ///< "app.env"
  std::uint32_t max_queue_size = 10'000;          ///< "queue.…": of a model that does not say it itself
  Duration task_timeout = seconds(300);
  std::uint32_t max_retries = 3;
  Duration retry_delay = seconds(60);
  std::uint32_t default_workers = 5;        ///< "worker.…": a model's slots when it does not say them
  std::uint32_t max_workers = 50;           ///< the most a model may ask for
  std::vector<std::string> outbound_allow;  ///< "outbound.…": private addresses that models may lie at
  std::string outbound_proxy;               ///< empty: none
  std::filesystem::path outbound_ca_file;   ///< PEM; empty: the system's
  bool noop_models = false;                 ///< models that answer at once, for load tests
};

/// One option of `serve`: its name is the same as flag (--NAME), key of the file (NAME) and variable (COMPUTEHUB_NAME).
struct OptionSpec {
  enum class Kind {
    value,
    switch_,
    secret,      ///< is no flag: a process list would show it
    properties,  ///< "name=value"; as a flag given once for each, elsewhere with commas between; all sources add up
  };

  std::string_view name;
  Kind kind = Kind::value;
  std::string_view placeholder;
  std::string_view help;
  Result<void> (*read)(ServeOptions&, std::string_view text) = nullptr;
  std::string (*show)(const ServeOptions&) = nullptr;
};
std::span<const OptionSpec> serve_options();
std::string environment_name(std::string_view option);  ///< "log-level" → "COMPUTEHUB_LOG_LEVEL"

/// A value in force and where it came from.
struct Setting {
  std::string name;
  std::string value;   ///< "********" for a secret that is set
  std::string source;  ///< "default" | "flag --x" | "environment COMPUTEHUB_X" | "FILE line N"
};

struct ConfigSources {
  std::filesystem::path file;                              ///< empty: none
  std::vector<std::pair<std::string, std::string>> flags;  ///< option → text, in the order given
  std::map<std::string, std::string> environment;          ///< every variable of the process
};

struct Config {
  ServeOptions options;
  std::vector<Setting> settings;  ///< one for each option, in the order of serve_options()
};

/// Flags win over the environment, that over the file, that over defaults. Fails: `config.file` (cannot be read, or is
/// no YAML), `config.unknown_key`, `config.repeated_key`, `config.value`, each with the place and the key.
Result<Config> load_config(const ConfigSources& sources);

/// What does not fit together, whatever its source. Fails: `config.dev_address`, `config.no_tls`, `config.tls_pair`,
/// `config.encryption_key`, `config.kafka_brokers`.
Result<void> check_serve(const ServeOptions& options);

/// Environment variables that the command line itself reads; they are no options of the server.
std::span<const std::string_view> client_variables();

}  // namespace hub::cli
