#pragma once
#include <boost/describe.hpp>
#include <string_view>
#include <variant>

#include "events/deployments/spec.hpp"

namespace hub::deployments {

// Wishes of users.

/// The gateway has checked the spec (validate.hpp) and sealed its `env`.
struct RequestDeployment {
  static constexpr std::string_view type = "RequestDeployment";
  Spec spec;
  Desired desired = Desired::running;
  std::string owner;
};
BOOST_DESCRIBE_STRUCT(RequestDeployment, (), (spec, desired, owner))

struct StartDeployment {
  static constexpr std::string_view type = "StartDeployment";
};
BOOST_DESCRIBE_STRUCT(StartDeployment, (), ())

struct StopDeployment {
  static constexpr std::string_view type = "StopDeployment";
};
BOOST_DESCRIBE_STRUCT(StopDeployment, (), ())

struct RestartDeployment {
  static constexpr std::string_view type = "RestartDeployment";
};
BOOST_DESCRIBE_STRUCT(RestartDeployment, (), ())

struct DeleteDeployment {
  static constexpr std::string_view type = "DeleteDeployment";
};
BOOST_DESCRIBE_STRUCT(DeleteDeployment, (), ())

/// Absent fields stay as they are.
struct ChangeDeployment {
  static constexpr std::string_view type = "ChangeDeployment";
  std::optional<std::string> name;
  std::optional<std::map<std::string, std::string>> labels;
  std::optional<Limits> limits;
  std::optional<RestartPolicy> restart_policy;
  std::optional<std::int64_t> price_usd_micro_per_hour;
};
BOOST_DESCRIBE_STRUCT(ChangeDeployment, (), (name, labels, limits, restart_policy, price_usd_micro_per_hour))

// Reports of the provider: results of effects, and what it saw by itself. Each may come twice, and late.

struct ReportPrepared {
  static constexpr std::string_view type = "ReportPrepared";
  std::string host;
  std::string limits_by;
  Connection connection;
};
BOOST_DESCRIBE_STRUCT(ReportPrepared, (), (host, limits_by, connection))

struct ReportStarted {
  static constexpr std::string_view type = "ReportStarted";
  std::int32_t run = 0;
  Instant started_at;
  std::optional<std::string> limits_by = std::nullopt;  ///< what holds the limits of this run, when it is known
};
BOOST_DESCRIBE_STRUCT(ReportStarted, (), (run, started_at, limits_by))

/// Run `run` has ended; `reason.exit_code` or `reason.signal` says how, when that is known.
struct ReportExited {
  static constexpr std::string_view type = "ReportExited";
  std::int32_t run = 0;
  Instant at;
  Reason reason;
};
BOOST_DESCRIBE_STRUCT(ReportExited, (), (run, at, reason))

struct ReportRemoved {
  static constexpr std::string_view type = "ReportRemoved";
};
BOOST_DESCRIBE_STRUCT(ReportRemoved, (), ())

/// A call to the provider failed. `retryable`: it may succeed later.
struct ReportEffectFailed {
  static constexpr std::string_view type = "ReportEffectFailed";
  std::string effect;  ///< "prepare" | "start" | "stop" | "remove"
  std::string key;     ///< of the agenda item
  bool retryable = false;
  Duration retry_after;  ///< the provider's own wish; 0: none
  Reason reason;
};
BOOST_DESCRIBE_STRUCT(ReportEffectFailed, (), (effect, key, retryable, retry_after, reason))

struct ReportUnreachable {
  static constexpr std::string_view type = "ReportUnreachable";
  Reason reason;
};
BOOST_DESCRIBE_STRUCT(ReportUnreachable, (), (reason))

/// It answers again and run `run` is going on.
struct ReportReachable {
  static constexpr std::string_view type = "ReportReachable";
  std::int32_t run = 0;
};
BOOST_DESCRIBE_STRUCT(ReportReachable, (), (run))

/// The restart policy's back-off is over (a timer).
struct RestartDue {
  static constexpr std::string_view type = "RestartDue";
  std::int32_t run = 0;  ///< the run that ended
};
BOOST_DESCRIBE_STRUCT(RestartDue, (), (run))

/// Before the shell is there: none is given that the record does not know of.
struct OpenTerminal {
  static constexpr std::string_view type = "OpenTerminal";
  std::string terminal;
};
BOOST_DESCRIBE_STRUCT(OpenTerminal, (), (terminal))

struct CloseTerminal {
  static constexpr std::string_view type = "CloseTerminal";
  std::string terminal;
  Reason reason;
};
BOOST_DESCRIBE_STRUCT(CloseTerminal, (), (terminal, reason))

using Command =
    std::variant<RequestDeployment, StartDeployment, StopDeployment, RestartDeployment, DeleteDeployment,
                 ChangeDeployment, ReportPrepared, ReportStarted, ReportExited, ReportRemoved, ReportEffectFailed,
                 ReportUnreachable, ReportReachable, RestartDue, OpenTerminal, CloseTerminal>;

std::string_view type_of_command(const Command& command);
std::string encode_command(const Command& command);

}  // namespace hub::deployments
