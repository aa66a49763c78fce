#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/telemetry/output_json.hpp"
#include "events/core/json.hpp"
#include "events/hosts/host_events.hpp"

namespace hub::agents {

// What an agent and the gateway that it is connected to tell each other: one JSON object a WebSocket message,
// {"type": …, "data": {…}}. Fields that the reader does not know are passed over.

inline constexpr std::int32_t kProtocol = 1;
/// Of one message of an agent: a page of lines with every character escaped, and room.
inline constexpr std::size_t kAgentMessageBytesMax = std::size_t{2} << 20U;
/// Of one message to an agent: an order with its files.
inline constexpr std::size_t kGatewayMessageBytesMax = std::size_t{64} << 20U;
inline constexpr std::size_t kAgentIdSizeMax = 64;
inline constexpr std::size_t kGpusMax = 64;

// From the agent.

/// The first message of a connection.
struct Hello {
  static constexpr std::string_view type = "hello";
  static constexpr std::string_view required[] = {"protocol", "agent", "generation"};
  std::int32_t protocol = kProtocol;
  std::string version;
  std::string agent;             ///< as hosts::HostAgent::id
  std::uint64_t generation = 0;  ///< greater than that of every earlier connection of this agent
  bool replace = false;          ///< as hosts::OfferHost
  std::int32_t cpus = 0;
  std::int64_t memory_bytes = 0;
  std::vector<hosts::HostGpu> gpus;
};
BOOST_DESCRIBE_STRUCT(Hello, (), (protocol, version, agent, generation, replace, cpus, memory_bytes, gpus))

/// Every Welcome::heartbeat_ms.
struct Alive {
  static constexpr std::string_view type = "alive";
  std::int32_t running = 0;  ///< deployments that run there
};
BOOST_DESCRIBE_STRUCT(Alive, (), (running))

/// What became of an effect, or what the machine saw by itself: a command of a deployment.
struct Report {
  static constexpr std::string_view type = "report";
  static constexpr std::string_view required[] = {"entity", "command", "data"};
  std::string entity;
  std::string command;
  RawJson data;
};
BOOST_DESCRIBE_STRUCT(Report, (), (entity, command, data))

/// Lines of one deployment, ascending. None: which ones are kept already? Answered by Kept; the next come behind that.
struct Lines {
  static constexpr std::string_view type = "lines";
  static constexpr std::string_view required[] = {"deployment", "lines"};
  std::string deployment;
  std::vector<telemetry::LineJson> lines;
};
BOOST_DESCRIBE_STRUCT(Lines, (), (deployment, lines))

struct Sample {
  static constexpr std::string_view type = "sample";
  static constexpr std::string_view required[] = {"deployment", "at"};
  std::string deployment;
  Instant at;
  std::map<std::string, std::optional<double>> values;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (deployment, at, values))

/// Nothing is kept of the deployment there any more.
struct Removed {
  static constexpr std::string_view type = "removed";
  static constexpr std::string_view required[] = {"deployment"};
  std::string deployment;
};
BOOST_DESCRIBE_STRUCT(Removed, (), (deployment))

using FromAgent = std::variant<Hello, Alive, Report, Lines, Sample, Removed>;

// From the gateway.

/// The host is attached.
struct Welcome {
  static constexpr std::string_view type = "welcome";
  static constexpr std::string_view required[] = {"heartbeat_ms", "silence_ms"};
  std::string host;
  std::int64_t heartbeat_ms = 0;
  std::int64_t silence_ms = 0;  ///< a side of which nothing was heard for so long is given up
};
BOOST_DESCRIBE_STRUCT(Welcome, (), (host, heartbeat_ms, silence_ms))

/// The last message of a connection that is ended for a reason.
struct Refused {
  static constexpr std::string_view type = "refused";
  static constexpr std::string_view required[] = {"code", "detail"};
  std::string code;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(Refused, (), (code, detail))

/// Every Welcome::heartbeat_ms.
struct Beat {
  static constexpr std::string_view type = "alive";
};
BOOST_DESCRIBE_STRUCT(Beat, (), ())

struct WorkOrder {
  deployments::Spec spec;
  std::map<std::string, std::string> env;  ///< in plain text, for the moment in which the process starts
};
BOOST_DESCRIBE_STRUCT(WorkOrder, (), (spec, env))

/// An effect to carry out (engine::EffectRequest). May come again; (entity, name, key) is its idempotency key.
struct Work {
  static constexpr std::string_view type = "work";
  static constexpr std::string_view required[] = {"entity", "name", "key", "data"};
  std::string entity;
  std::string name;
  std::string key;
  RawJson data;
  std::optional<WorkOrder> order;
};
BOOST_DESCRIBE_STRUCT(Work, (), (entity, name, key, data, order))

/// Lines up to `seq` are kept.
struct Kept {
  static constexpr std::string_view type = "kept";
  static constexpr std::string_view required[] = {"deployment", "seq"};
  std::string deployment;
  std::uint64_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (deployment, seq))

/// Somebody watches the metrics of a deployment, or nobody does any more.
struct Watch {
  static constexpr std::string_view type = "watch";
  static constexpr std::string_view required[] = {"deployment", "watched"};
  std::string deployment;
  bool watched = false;
};
BOOST_DESCRIBE_STRUCT(Watch, (), (deployment, watched))

using FromGateway = std::variant<Welcome, Refused, Beat, Work, Kept, Watch>;

std::string encode(const FromAgent& message);
std::string encode(const FromGateway& message);
/// Fail: malformed or invalid `agent.message`, with the field; also when an id, a name or an order of lines is none.
Result<FromAgent> decode_from_agent(std::string_view text);
Result<FromGateway> decode_from_gateway(std::string_view text);

}  // namespace hub::agents
