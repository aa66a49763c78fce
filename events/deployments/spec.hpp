#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/core/instant.hpp"

namespace hub::deployments {

enum class Status { creating, starting, running, stopping, stopped, failed, unreachable, deleting, deleted };
BOOST_DESCRIBE_ENUM(Status, creating, starting, running, stopping, stopped, failed, unreachable, deleting, deleted)

enum class Desired { running, stopped };
BOOST_DESCRIBE_ENUM(Desired, running, stopped)

enum class Policy { never, on_failure, always };
BOOST_DESCRIBE_ENUM(Policy, never, on_failure, always)

/// Why a deployment has its status. `event_id` ("partition:seq") is filled in by whoever shows it.
struct Reason {
  std::string code;  ///< stable, listed in schemas/failures.yaml: "process.exited", "host.rebooted", …
  std::string text;  ///< for people
  std::optional<std::int32_t> exit_code;  ///< 0..255
  std::optional<std::int32_t> signal;     ///< 1..64
  std::optional<std::string> event_id;
  bool operator==(const Reason&) const = default;
};
BOOST_DESCRIBE_STRUCT(Reason, (), (code, text, exit_code, signal, event_id))

/// A value of `env`: exactly one of the two. Plain text is sealed before it reaches a command.
struct EnvValue {
  std::optional<std::string> sealed;  ///< "<key id>:<base64 of nonce and ciphertext>"; x-sealed
  std::optional<std::string> secret;  ///< name of a secret, read when the process starts
  bool operator==(const EnvValue&) const = default;
};
BOOST_DESCRIBE_STRUCT(EnvValue, (), (sealed, secret))

struct Port {
  std::uint16_t port = 0;  ///< 1..65535
  std::optional<std::string> name;
  std::optional<std::string> protocol;  ///< "tcp" (default) | "udp" | "http"
  bool operator==(const Port&) const = default;
};
BOOST_DESCRIBE_STRUCT(Port, (), (port, name, protocol))

struct File {
  std::string path;  ///< relative to the workspace, no "..", no leading "/"
  std::optional<std::string> text;
  std::optional<std::string> base64;
  bool operator==(const File&) const = default;
};
BOOST_DESCRIBE_STRUCT(File, (), (path, text, base64))

struct Gpu {
  std::string model;       ///< provider's spelling, "RTX 4090"
  std::int32_t count = 1;  ///< 1..16
  bool operator==(const Gpu&) const = default;
};
BOOST_DESCRIBE_STRUCT(Gpu, (), (model, count))

struct Limits {
  std::optional<double> cpus;                ///< 0.01..1024
  std::optional<std::int64_t> memory_bytes;  ///< >= 4 MiB
  std::optional<std::int32_t> processes;     ///< 1..1,000,000
  bool operator==(const Limits&) const = default;
};
BOOST_DESCRIBE_STRUCT(Limits, (), (cpus, memory_bytes, processes))

/// At the border also just "never" | "on-failure" | "always".
struct RestartPolicy {
  Policy policy = Policy::never;
  std::optional<std::int32_t> max_restarts;  ///< none: no limit
  Duration backoff_initial = seconds(1);     ///< doubles with each restart in a row …
  Duration backoff_max = seconds(60);        ///< … up to this; a run of 10 × this starts over
  bool operator==(const RestartPolicy&) const = default;
};
BOOST_DESCRIBE_STRUCT(RestartPolicy, (), (policy, max_restarts, backoff_initial, backoff_max))

/// What a user asks for. Ranges are checked by the gateway before a command is made (validate.hpp).
struct Spec {
  std::string name;                  ///< 1..128 characters
  std::string provider;              ///< "local", "runpod", …
  std::vector<std::string> command;  ///< argv, 1..1,024 items
  std::map<std::string, EnvValue> env;
  std::optional<std::string> image;
  std::vector<Port> ports;
  std::vector<File> files;
  std::map<std::string, std::string> labels;  ///< values up to 1 KiB
  std::optional<Gpu> gpu;
  std::optional<Limits> limits;
  RestartPolicy restart_policy;
  Duration stop_grace = seconds(10);
  std::int64_t price_usd_micro_per_hour = 0;
  std::optional<std::string> host;  ///< machine that runs it; of the provider "local" where several nodes are there
  bool operator==(const Spec&) const = default;
};
BOOST_DESCRIBE_STRUCT(Spec, (),
                      (name, provider, command, env, image, ports, files, labels, gpu, limits, restart_policy,
                       stop_grace, price_usd_micro_per_hour, host))

struct Ssh {
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  std::string command;
  bool operator==(const Ssh&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ssh, (), (host, port, user, command))

struct PortUrl {
  std::uint16_t port = 0;
  std::string url;
  bool operator==(const PortUrl&) const = default;
};
BOOST_DESCRIBE_STRUCT(PortUrl, (), (port, url))

struct Connection {
  std::optional<Ssh> ssh;
  std::vector<PortUrl> ports;
  bool operator==(const Connection&) const = default;
};
BOOST_DESCRIBE_STRUCT(Connection, (), (ssh, ports))

}  // namespace hub::deployments
