#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::hosts {

inline constexpr std::string_view kHostPrefix = "hst_";
/// What is about the machines themselves belongs to no organisation of users.
inline constexpr std::string_view kSystem = "system";

/// The id of the host of this name: a name is taken at most once.
std::string host_id(std::string_view name);

struct HostGpu {
  std::string model;
  std::int32_t count = 0;
  bool operator==(const HostGpu&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostGpu, (), (model, count))

/// Who speaks for a machine that runs no node.
struct HostAgent {
  std::string id;                ///< drawn by the agent at its first start
  std::uint64_t generation = 0;  ///< of its connection: only the newest counts
  std::string organisation;      ///< whose deployments may run there
  std::string project;
  bool operator==(const HostAgent&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostAgent, (), (id, generation, organisation, project))

// Facts about one machine that takes deployments of the provider `local`, entity "hst_…".

/// A machine was offered, or offered again with other means.
struct HostOffered {
  static constexpr std::string_view type = "computehub.host.offered.v1";
  std::string name;  ///< of its node or agent, unique in the namespace
  std::int32_t cpus = 0;
  std::int64_t memory_bytes = 0;
  std::vector<HostGpu> gpus;
  Duration lease;  ///< it is away when nothing was heard of it for so long
  Instant at;
  std::optional<HostAgent> agent = {};  ///< none: the machine of a node
  bool operator==(const HostOffered&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostOffered, (), (name, cpus, memory_bytes, gpus, lease, at, agent))

/// It was heard of; also when it had been away.
struct HostSeen {
  static constexpr std::string_view type = "computehub.host.seen.v1";
  Instant at;
  std::int32_t running = 0;  ///< deployments that run on it
  bool operator==(const HostSeen&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostSeen, (), (at, running))

/// Nothing was heard of it for its lease. What runs there may go on.
struct HostLost {
  static constexpr std::string_view type = "computehub.host.lost.v1";
  Instant seen_at;  ///< when it was heard of last
  bool operator==(const HostLost&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostLost, (), (seen_at))

/// Every deployment that ran there has been told that it is away.
struct HostLossTold {
  static constexpr std::string_view type = "computehub.host.loss_told.v1";
  std::int32_t deployments = 0;
  bool operator==(const HostLossTold&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostLossTold, (), (deployments))

using HostEvent = std::variant<HostOffered, HostSeen, HostLost, HostLossTold>;

std::string_view type_of_event(const HostEvent& event);
std::string encode_event(const HostEvent& event);
/// Fails: invalid `type.unknown` for a type of a newer release; what from_json fails with.
Result<HostEvent> decode_host_event(std::string_view type, std::string_view json);

}  // namespace hub::hosts
