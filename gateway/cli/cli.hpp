#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"
#include "gateway/cli/config.hpp"
#include "gateway/cli/console.hpp"
#include "gateway/cli/endpoint.hpp"
#include "gateway/cli/exit_code.hpp"

namespace hub::cli {

using Folder = std::filesystem::path;

struct AuditVerify {
  Folder data;
  std::filesystem::path file;                      ///< an export; empty: the log of `data`
  std::vector<std::filesystem::path> public_keys;  ///< files; empty: the one in the log's folder
  std::string against;  ///< a checkpoint as `audit checkpoint` prints it, or a file with one; empty: none
};
struct AuditExport {
  Folder data;
  std::filesystem::path file;  ///< "-": standard output
};
struct Replay {
  Folder data;
  std::string id;  ///< whole id, a unique prefix or a name; empty with `to`
  std::string at;  ///< RFC 3339 time or position; empty: the end
  Folder to;       ///< for the whole system: the new folder
};
struct Projections {
  Folder data;
  std::vector<std::string> names;  ///< empty: all
};
struct Backup {
  Folder data, other;  ///< `other` is read by restore and made by backup
  bool keys = false;   ///< backup: DIR/keys too
};
struct KeysCreate {
  Folder data;
  std::string role;               ///< "admin" | "dev" | "viewer"
  std::string project;            ///< empty: the default one
  std::string name;               ///< empty: not given
  Instant expires_at;             ///< not set: never
  std::uint32_t partitions = 16;  ///< of a log that is made for it
  ServeOptions server;            ///< as `serve` would have them: where the log is, how it is reached
};
/// The key of the secrets, as `serve` is told it; with neither the one that --dev keeps in DIR/keys is meant.
struct EncryptionKey {
  std::string text;  ///< secret
  std::filesystem::path file;
};
struct KeysRotate {
  Folder data;
  EncryptionKey encryption;
  std::filesystem::path next_file;  ///< holds the new key, or is made; empty for the key of --dev
  ServeOptions server;              ///< where the log is, how it is reached
};
struct KeysErase {
  Folder data;
  EncryptionKey encryption;
  std::string project;
  ServeOptions server;  ///< as that of KeysRotate
};

/// How the brokers are reached, and which topics are meant.
struct KafkaCluster {
  std::string brokers;                            ///< "host:port[,host:port …]"
  std::map<std::string, std::string> properties;  ///< of librdkafka; may hold secrets
  std::string name;                               ///< the namespace
};
struct KafkaInit {
  KafkaCluster cluster;
  std::uint32_t replication = 0;  ///< 0: as many as there are brokers, at most 3
  std::uint32_t partitions = 0;   ///< 0: as the namespace has, 16 for a new one
  Duration wait;                  ///< for brokers that are still starting
};

/// A log that moves from a data folder to Kafka, or back into it.
struct Migrate {
  Folder data;
  bool to_kafka = true;
  KafkaCluster cluster;
  std::string node;               ///< empty: the one that the folder has, or one that is made
  std::uint32_t replication = 0;  ///< of topics that are made; 0: as many as there are brokers, at most 3
  Duration wait;                  ///< for brokers that are still starting, or nodes that stop
  EncryptionKey encryption;       ///< of the secrets that go along
};

/// A machine that runs no engine, attached to a server.
struct AgentOptions {
  std::vector<Endpoint> servers;     ///< tried in turn; without tokens
  std::string name;                  ///< of the host
  Folder data;                       ///< its own folder in it: DATA/agent
  std::string token;                 ///< secret; empty: in the file
  std::filesystem::path token_file;  ///< read at each connection
  bool replace = false;              ///< take the place of another machine of this name that is away
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

/// One line of `doctor`.
struct Check {
  enum class State { good, warning, bad };
  std::string name;
  State state = State::good;
  std::string text;
  std::string advice;  ///< what to do; empty when good
};

/// The commands that need the server's insides. Each works on the folder of a stopped server or on Kafka, prints what
/// it has to say (JSON when `console.json`), and answers how it ended; a failure is printed by the caller, and its exit
/// code follows from its kind (exit_code.hpp). A verification that finds something bad says so on its last line of
/// standard output and answers Exit::unverified. What is empty is answered with `cli.not_here`.
struct Commands {
  std::function<Result<Exit>(const Config&)> serve;
  std::function<Result<Exit>(const AgentOptions&)> agent;
  std::function<Result<Exit>(const AuditVerify&, Console&)> audit_verify;
  std::function<Result<Exit>(const AuditExport&, Console&)> audit_export;
  std::function<Result<Exit>(const Folder& data, Console&)> audit_checkpoint;
  std::function<Result<Exit>(const Folder& data, Console&)> audit_key;
  std::function<Result<Exit>(const Replay&, Console&)> replay;
  std::function<Result<Exit>(const Projections&, Console&)> projections_rebuild;
  std::function<Result<Exit>(const Projections&, Console&)> projections_verify;
  std::function<Result<Exit>(const Backup&, Console&)> backup;
  std::function<Result<Exit>(const Backup&, Console&)> restore;
  std::function<Result<Exit>(const KeysCreate&, Console&)> keys_create;
  std::function<Result<Exit>(const Folder& data, Console&)> keys_list;
  std::function<Result<Exit>(const KeysRotate&, Console&)> keys_rotate;
  std::function<Result<Exit>(const KeysErase&, Console&)> keys_erase;
  std::function<Result<Exit>(const KafkaInit&, Console&)> kafka_init;
  std::function<Result<Exit>(const KafkaCluster&, Console&)> kafka_describe;
  std::function<Result<Exit>(const Migrate&, Console&)> migrate;
  /// Of a folder that may be in use: reads only what a running server allows to be read. One with the name of a check
  /// that the command line makes by itself takes its place.
  std::function<std::vector<Check>(const ServeOptions&)> doctor_checks;
};

/// The whole program: reads the arguments, does one command, and gives the exit code.
int run_cli(int argc, char** argv, Commands local);

/// The same with everything it touches given; for tests.
Exit run_command(const std::vector<std::string>& arguments, Console console,
                 std::map<std::string, std::string> environment, Commands local);

}  // namespace hub::cli
