#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "events/core/json_codec.hpp"
#include "gateway/cli/config.hpp"
#include "gateway/cli/kafka_options.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace ip = boost::asio::ip;

constexpr std::int64_t kBodyBytesMin = 1'024;
constexpr std::int64_t kBodyBytesMax = std::int64_t{64} << 20U;

Failure bad_value(std::string_view detail) {
  return invalid("config.value", detail);
}

Result<void> read_value(std::string_view text, std::string& value) {
  value = text;
  return success();
}

Result<void> read_value(std::string_view text, std::filesystem::path& value) {
  if (text.empty()) return bad_value("must not be empty");
  value = text;
  return success();
}

Result<void> read_value(std::string_view text, bool& value) {
  if (text != "true" && text != "false") return bad_value("must be true or false");
  value = text == "true";
  return success();
}

Result<void> read_value(std::string_view text, ListenAddress& value) {
  const auto bad = bad_value("must be HOST:PORT with an IP address or localhost, as 127.0.0.1:8080 or [::1]:8080");
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad;
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(host), error);
  if (host != "localhost" && (error || address.is_v6() != bracketed)) return bad;
  const auto port = parse_count(text.substr(colon + 1), 0, 65'535);
  if (!port) return bad;
  value = {std::string(host), static_cast<std::uint16_t>(port.value())};
  return success();
}

bool is_address_or_range(const std::string& text) {
  boost::system::error_code error;
  ip::make_address(text, error);
  if (!error) return true;
  ip::make_network_v4(text, error);
  if (!error) return true;
  ip::make_network_v6(text, error);
  return !error;
}

Result<void> read_value(std::string_view text, std::vector<std::string>& value) {
  value.clear();
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string item(text.substr(0, comma));
    if (!is_address_or_range(item))
      return bad_value("must be IP addresses or ranges such as 10.0.0.0/8, with commas between");
    value.push_back(item);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return value.empty() ? Result<void>(bad_value("must not be empty")) : success();
}

template <class E>
requires std::is_enum_v<E> Result<void> read_value(std::string_view text, E& value) {
  const auto found = enum_of<E>(text);
  if (!found) return bad_value("must be one of " + JsonCodec<E>::choices());
  value = *found;
  return success();
}

std::string show_value(const std::string& value) {
  return value;
}
std::string show_value(const std::filesystem::path& value) {
  return value.string();
}
std::string show_value(bool value) {
  return value ? "true" : "false";
}
std::string show_value(const ListenAddress& value) {
  return to_text(value);
}
std::string show_value(const std::vector<std::string>& value) {
  std::string text;
  for (const auto& item : value) text += (text.empty() ? "" : ",") + item;
  return text;
}
template <class E>
requires std::is_enum_v<E> std::string show_value(E value) {
  return enum_name(value);
}

template <auto member>
constexpr OptionSpec option(std::string_view name, OptionSpec::Kind kind, std::string_view placeholder,
                            std::string_view help) {
  return {name,
          kind,
          placeholder,
          help,
          [](ServeOptions& options, std::string_view text) { return read_value(text, options.*member); },
          [](const ServeOptions& options) { return show_value(options.*member); }};
}

template <auto member, std::int64_t min, std::int64_t max>
constexpr OptionSpec count_option(std::string_view name, std::string_view help) {
  return {name,
          OptionSpec::Kind::value,
          "N",
          help,
          [](ServeOptions& options, std::string_view text) -> Result<void> {
            const auto count = parse_count(text, min, max);
            if (!count) return bad_value("must be a whole number from " + count_text(min) + " to " + count_text(max));
            options.*member = static_cast<std::uint32_t>(count.value());
            return success();
          },
          [](const ServeOptions& options) { return std::to_string(options.*member); }};
}

template <auto member, std::int64_t min_ms, std::int64_t max_ms>
constexpr OptionSpec duration_option(std::string_view name, std::string_view help) {
  return {name,
          OptionSpec::Kind::value,
          "DURATION",
          help,
          [](ServeOptions& options, std::string_view text) -> Result<void> {
            const auto duration = parse_duration(text);
            if (!duration || duration.value() < milliseconds(min_ms) || duration.value() > milliseconds(max_ms))
              return bad_value("must be " + to_text(milliseconds(min_ms)) + " to " + to_text(milliseconds(max_ms)));
            options.*member = duration.value();
            return success();
          },
          [](const ServeOptions& options) { return to_text(options.*member); }};
}

Result<void> read_host(ServeOptions& options, std::string_view text) {
  auto address = options.listen;
  const bool bare_v6 = text.find(':') != std::string_view::npos && text.find('[') == std::string_view::npos;
  HUB_TRY(read_value((bare_v6 ? "[" + std::string(text) + "]" : std::string(text)) + ":0", address));
  options.listen.host = std::move(address.host);
  return success();
}

Result<void> read_port(ServeOptions& options, std::string_view text) {
  const auto port = parse_count(text, 0, 65'535);
  if (!port) return bad_value("must be a whole number from 0 to 65,535");
  options.listen.port = static_cast<std::uint16_t>(port.value());
  return success();
}

Result<void> read_body_limit(ServeOptions& options, std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes || bytes.value() < kBodyBytesMin || bytes.value() > kBodyBytesMax)
    return bad_value("must be a size from 1KiB to 64MiB");
  options.max_body_bytes = bytes.value();
  return success();
}

Result<void> read_properties(ServeOptions& options, std::string_view text) {
  HUB_TRY(auto properties, parse_properties(text));
  for (auto& [name, value] : properties) options.kafka_conf.insert_or_assign(name, std::move(value));
  return success();
}

std::string show_properties(const ServeOptions& options) {
  std::string text;
  for (const auto& [name, value] : options.kafka_conf)
    text += (text.empty() ? "" : ",") + name + "=" + (is_secret_property(name) ? "********" : value);
  return text;
}

/// "http://********@proxy:3128": who signs in there may do so with a name alone.
std::string without_user(const std::string& url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  const auto end = url.substr(0, url.find_first_of("/?#", begin)).rfind('@');
  if (end == std::string::npos || end < begin) return url;
  return url.substr(0, begin) + "********" + url.substr(end);
}

using Kind = OptionSpec::Kind;
using Options = ServeOptions;

constexpr OptionSpec kOptions[] = {
    option<&Options::data>("data", Kind::value, "DIR", "data folder"),
    option<&Options::listen>("listen", Kind::value, "HOST:PORT", "where to listen; port 0 picks a free one"),
    option<&Options::dev>("dev", Kind::switch_, "", "one admin with one token, on loopback only"),
    option<&Options::dev_token>("dev-token", Kind::secret, "TOKEN", "the token of --dev; made when not given"),
    option<&Options::log_format>("log-format", Kind::value, "FORMAT", "text or json, on standard error"),
    option<&Options::log_level>("log-level", Kind::value, "LEVEL", "trace, debug, info, warning or error"),
    option<&Options::tls_cert>("tls-cert", Kind::value, "FILE", "certificate chain (PEM)"),
    option<&Options::tls_key>("tls-key", Kind::value, "FILE", "its private key (PEM)"),
    option<&Options::behind_proxy>("behind-proxy", Kind::value, "ADDRESSES",
                                   "proxies whose X-Forwarded-* is believed, as 10.0.0.0/8,::1"),
    option<&Options::metrics_open>("metrics-open", Kind::switch_, "", "/metrics without a token"),
    option<&Options::read_only>("read-only", Kind::switch_, "", "answer queries only; the folder is not written to"),
    count_option<&Options::max_connections, 1, 1'000'000>("max-connections", "connections at a time"),
    {"max-body", Kind::value, "SIZE", "largest body of a request", read_body_limit,
     [](const Options& options) { return std::to_string(options.max_body_bytes); }},
    count_option<&Options::threads, 0, 1'024>("threads", "threads of the gateway; 0: one a core"),
    count_option<&Options::partitions, 1, 1'024>("partitions", "partitions of a new log"),
    option<&Options::encryption_key_file>("encryption-key-file", Kind::value, "FILE",
                                          "file with the key of the secrets"),
    option<&Options::encryption_key_next_file>(
        "encryption-key-next-file", Kind::value, "FILE",
        "on Kafka: file with the key that the nodes rotate to; either may be in force"),
    option<&Options::encryption_key>("encryption-key", Kind::secret, "KEY", "key of the secrets"),
    option<&Options::log>("log", Kind::value, "KIND", "embedded (in the data folder) or kafka"),
    option<&Options::node>("node", Kind::value, "NAME", "name of this node among others; made and kept when not given"),
    option<&Options::kafka_brokers>("kafka-brokers", Kind::value, "HOST:PORT,…", "Kafka brokers to begin with"),
    {"kafka-conf", Kind::properties, "NAME=VALUE", "property of Kafka's client, as security.protocol=ssl; repeatable",
     read_properties, show_properties},
    option<&Options::kafka_conf_file>("kafka-conf-file", Kind::value, "FILE",
                                      "more properties, a line each: the place for passwords"),
    option<&Options::kafka_namespace>("namespace", Kind::value, "NAME", "what the topics' names begin with"),
    // What brokers take as they come, and what a person would wait.
    duration_option<&Options::session_timeout, 6'000, 300'000>(
        "session-timeout", "a node of which nothing is heard for so long is given up"),
    option<&Options::skip_lost_commands>("skip-lost-commands", Kind::switch_, "",
                                         "on Kafka: start although commands are gone that nobody has decided"),
    option<&Options::app_name>("app.name", Kind::value, "NAME", "how this system calls itself"),
    option<&Options::app_env>("app.env", Kind::value, "NAME", "what it is for, as production"),
    {"server.host", Kind::value, "HOST", "the host of --listen", read_host,
     [](const Options& options) { return options.listen.host; }},
    {"server.port", Kind::value, "PORT", "the port of --listen", read_port,
     [](const Options& options) { return std::to_string(options.listen.port); }},
    count_option<&Options::max_queue_size, 0, 10'000'000>("queue.max_queue_size",
                                                          "tasks that may wait for a model that does not say it"),
    duration_option<&Options::task_timeout, 1, 86'400'000>("queue.task_timeout",
                                                           "how long one attempt of a task may take"),
    count_option<&Options::max_retries, 0, 100>("queue.max_retries", "attempts behind the first that failed"),
    duration_option<&Options::retry_delay, 0, 86'400'000>("queue.retry_delay",
                                                          "before the second attempt; doubles with each"),
    count_option<&Options::default_workers, 1, 100'000>("worker.default_workers",
                                                        "calls at a time of a model that does not say it"),
    count_option<&Options::max_workers, 1, 100'000>("worker.max_workers", "the most that a model may ask for"),
    option<&Options::outbound_allow>("outbound.allow", Kind::value, "ADDRESSES",
                                     "private addresses at which models may lie, as 10.1.0.0/16"),
    {"outbound.proxy", Kind::value, "URL", "proxy for the calls to models",
     [](Options& options, std::string_view text) { return read_value(text, options.outbound_proxy); },
     [](const Options& options) { return without_user(options.outbound_proxy); }},
    option<&Options::outbound_ca_file>("outbound.ca-file", Kind::value, "FILE",
                                       "certificates (PEM) that models are trusted by; the system's when not given"),
    option<&Options::noop_models>("noop-models", Kind::switch_, "", "allow models that answer at once, for load tests"),
};

}  // namespace

std::span<const OptionSpec> serve_options() {
  return kOptions;
}

bool ListenAddress::is_loopback() const {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = ip::make_address(host, error);
  if (error) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

std::string to_text(const ListenAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace hub::cli
