#pragma once
#include <boost/describe.hpp>
#include <string_view>
#include <variant>

#include "events/core/result.hpp"
#include "events/deployments/spec.hpp"

namespace hub::deployments {

// Facts about one deployment, entity "dep_…". A run is one start of its command, numbered from 1.

/// A user asked for it; no provider has been called yet. Always the first event (version 1).
struct DeploymentRequested {
  static constexpr std::string_view type = "computehub.deployment.requested.v1";
  Spec spec;
  Desired desired = Desired::running;
  std::string owner;  ///< principal
  bool operator==(const DeploymentRequested&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentRequested, (), (spec, desired, owner))

/// The provider has made ready what it runs in. The command is asked to run next.
struct DeploymentPrepared {
  static constexpr std::string_view type = "computehub.deployment.prepared.v1";
  std::string host;       ///< name of the machine
  std::string limits_by;  ///< "cgroup2" | "cgroup1" | "rlimit" | "none" | "provider"
  Connection connection;
  bool operator==(const DeploymentPrepared&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentPrepared, (), (host, limits_by, connection))

/// Run `run` was asked for: by a user, or by the restart policy (then `restarts` has grown).
struct DeploymentStartRequested {
  static constexpr std::string_view type = "computehub.deployment.start_requested.v1";
  std::int32_t run = 0;
  std::int32_t restarts = 0;  ///< restarts by policy since a user last started it
  bool operator==(const DeploymentStartRequested&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentStartRequested, (), (run, restarts))

struct DeploymentStarted {
  static constexpr std::string_view type = "computehub.deployment.started.v1";
  std::int32_t run = 0;
  Instant started_at;
  std::optional<std::string> limits_by = std::nullopt;  ///< of this run; absent: as prepared
  bool operator==(const DeploymentStarted&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentStarted, (), (run, started_at, limits_by))

/// A user asked to stop run `run`; with `restart` the next run follows at once.
struct DeploymentStopRequested {
  static constexpr std::string_view type = "computehub.deployment.stop_requested.v1";
  std::int32_t run = 0;
  bool restart = false;
  bool operator==(const DeploymentStopRequested&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentStopRequested, (), (run, restart))

/// Ended: as asked, or by itself with exit 0.
struct DeploymentStopped {
  static constexpr std::string_view type = "computehub.deployment.stopped.v1";
  std::int32_t run = 0;
  Instant stopped_at;
  Reason reason;
  bool operator==(const DeploymentStopped&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentStopped, (), (run, stopped_at, reason))

/// Ended badly, or could not be prepared or started (run 0: before the first run). No restart follows.
struct DeploymentFailed {
  static constexpr std::string_view type = "computehub.deployment.failed.v1";
  std::int32_t run = 0;
  Instant stopped_at;
  Reason reason;
  bool operator==(const DeploymentFailed&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentFailed, (), (run, stopped_at, reason))

/// Ended, and the restart policy acts: the status is `starting` until run `run` + 1 is asked for at `restart_at`.
struct DeploymentRestartScheduled {
  static constexpr std::string_view type = "computehub.deployment.restart_scheduled.v1";
  std::int32_t run = 0;  ///< the one that ended
  Instant stopped_at;
  Instant restart_at;
  Reason reason;
  bool operator==(const DeploymentRestartScheduled&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentRestartScheduled, (), (run, stopped_at, restart_at, reason))

/// A call to the provider failed for now; it is made again at `retry_at`.
struct DeploymentEffectRetried {
  static constexpr std::string_view type = "computehub.deployment.effect_retried.v1";
  std::string effect;        ///< "prepare" | "start" | "stop" | "remove"
  std::int32_t attempt = 0;  ///< number of the attempt that will be made, from 2
  Instant retry_at;
  Reason reason;
  bool operator==(const DeploymentEffectRetried&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentEffectRetried, (), (effect, attempt, retry_at, reason))

/// Its machine or provider does not answer; whether it runs is not known.
struct DeploymentUnreachable {
  static constexpr std::string_view type = "computehub.deployment.unreachable.v1";
  Reason reason;
  bool operator==(const DeploymentUnreachable&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentUnreachable, (), (reason))

/// It answers again, and runs.
struct DeploymentReachable {
  static constexpr std::string_view type = "computehub.deployment.reachable.v1";
  std::int32_t run = 0;
  bool operator==(const DeploymentReachable&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentReachable, (), (run))

/// Absent fields stay as they were.
struct DeploymentChanged {
  static constexpr std::string_view type = "computehub.deployment.changed.v1";
  std::optional<std::string> name;
  std::optional<std::map<std::string, std::string>> labels;
  std::optional<Limits> limits;
  std::optional<RestartPolicy> restart_policy;
  std::optional<std::int64_t> price_usd_micro_per_hour;
  bool operator==(const DeploymentChanged&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentChanged, (), (name, labels, limits, restart_policy, price_usd_micro_per_hour))

struct DeploymentDeleteRequested {
  static constexpr std::string_view type = "computehub.deployment.delete_requested.v1";
  bool operator==(const DeploymentDeleteRequested&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentDeleteRequested, (), ())

/// Gone at the provider. The id stays spent.
struct DeploymentDeleted {
  static constexpr std::string_view type = "computehub.deployment.deleted.v1";
  Instant deleted_at;
  bool operator==(const DeploymentDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentDeleted, (), (deleted_at))

/// Somebody was given a shell in run `run`. Who is the record's actor.
struct DeploymentTerminalOpened {
  static constexpr std::string_view type = "computehub.deployment.terminal_opened.v1";
  std::int32_t run = 0;
  std::string terminal;  ///< "trm_…"
  bool operator==(const DeploymentTerminalOpened&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentTerminalOpened, (), (run, terminal))

/// That shell has ended, or nobody can reach it any more.
struct DeploymentTerminalClosed {
  static constexpr std::string_view type = "computehub.deployment.terminal_closed.v1";
  std::string terminal;
  Reason reason;
  bool operator==(const DeploymentTerminalClosed&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentTerminalClosed, (), (terminal, reason))

using Event =
    std::variant<DeploymentRequested, DeploymentPrepared, DeploymentStartRequested, DeploymentStarted,
                 DeploymentStopRequested, DeploymentStopped, DeploymentFailed, DeploymentRestartScheduled,
                 DeploymentEffectRetried, DeploymentUnreachable, DeploymentReachable, DeploymentChanged,
                 DeploymentDeleteRequested, DeploymentDeleted, DeploymentTerminalOpened, DeploymentTerminalClosed>;

inline constexpr std::string_view kDeploymentPrefix = "dep_";
/// Of the ids of terminals, which are no entities.
inline constexpr std::string_view kTerminalPrefix = "trm_";

std::string_view type_of_event(const Event& event);
std::string encode_event(const Event& event);
/// Fails: invalid `type.unknown` for a type of a newer release; what from_json fails with.
Result<Event> decode_event(std::string_view type, std::string_view json);

/// Of one enumerator: "on-failure".
std::string status_name(Status status);
std::optional<Status> status_of(std::string_view name);

}  // namespace hub::deployments
