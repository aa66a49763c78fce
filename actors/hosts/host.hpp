#pragma once
#include "actors/engine/aggregate.hpp"
#include "events/hosts/host_events.hpp"

namespace hub::hosts {

/// To entity host_id(name): by the machine's own node at each start, or by the node to which its agent has connected,
/// each time. Refused: invalid `host.name` (sent to another entity than the name's); conflict `host.taken` (the name is
/// that of another machine), `host.superseded` (a later connection of the same agent was offered).
struct OfferHost {
  static constexpr std::string_view type = "OfferHost";
  static constexpr std::string_view required[] = {"name", "lease"};
  std::string name;
  std::int32_t cpus = 0;
  std::int64_t memory_bytes = 0;
  std::vector<HostGpu> gpus;
  Duration lease;
  std::optional<HostAgent> agent = {};  ///< as in HostOffered
  /// This machine takes the place of another of the same project that is away; what ran there is lost.
  bool replace = false;
};
BOOST_DESCRIBE_STRUCT(OfferHost, (), (name, cpus, memory_bytes, gpus, lease, agent, replace))

/// By whoever offered it, several times within a lease. Refused: invalid `host.not_offered`; conflict `host.superseded`
/// (the host was offered by another connection since).
struct KeepHost {
  static constexpr std::string_view type = "KeepHost";
  std::int32_t running = 0;
  std::optional<HostAgent> agent = {};
};
BOOST_DESCRIBE_STRUCT(KeepHost, (), (running, agent))

/// The lease is over (a timer).
struct LeaseOver {
  static constexpr std::string_view type = "LeaseOver";
};
BOOST_DESCRIBE_STRUCT(LeaseOver, (), ())

/// Its deployments were told (the result of the effect "tell_loss").
struct ReportLossTold {
  static constexpr std::string_view type = "ReportLossTold";
  std::int32_t deployments = 0;
};
BOOST_DESCRIBE_STRUCT(ReportLossTold, (), (deployments))

using HostCommand = std::variant<OfferHost, KeepHost, LeaseOver, ReportLossTold>;

struct HostState {
  bool exists = false;
  bool away = false;
  bool told = true;  ///< false: its deployments are still to be told that it is away
  std::string name;
  std::int32_t cpus = 0;
  std::int64_t memory_bytes = 0;
  std::vector<HostGpu> gpus;
  std::int32_t running = 0;
  Duration lease;
  Instant seen_at;
  std::optional<HostAgent> agent = {};
  bool operator==(const HostState&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostState, (),
                      (exists, away, told, name, cpus, memory_bytes, gpus, running, lease, seen_at, agent))

/// Aggregate (actors/engine/aggregate.hpp): a machine that takes deployments, and whether it is there.
/// Effect: "tell_loss", whose data is the host's name.
struct Host {
  static constexpr std::string_view kind = "host";
  static constexpr std::string_view prefix = kHostPrefix;
  static constexpr std::uint32_t state_version = 1;
  using State = HostState;
  using Command = HostCommand;
  using Event = HostEvent;

  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  static engine::Agenda agenda(const State& state);

  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json);
  static std::string_view event_type(const Event& event) { return type_of_event(event); }
  static std::string encode_event(const Event& event) { return hosts::encode_event(event); }
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

std::string_view type_of_command(const HostCommand& command);
std::string encode_command(const HostCommand& command);

}  // namespace hub::hosts
