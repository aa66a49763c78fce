#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"
#include "events/deployments/spec.hpp"
#include "events/log/record.hpp"

namespace hub::deployments {

/// A value of `env` as it may be shown: where it comes from, never what it is.
struct ShownEnv {
  std::optional<std::string> secret;  ///< name of a secret
  std::optional<bool> sealed;         ///< true: given as text
  bool operator==(const ShownEnv&) const = default;
};
BOOST_DESCRIBE_STRUCT(ShownEnv, (), (secret, sealed))

struct ShownFile {
  std::string path;
  std::uint64_t size = 0;  ///< bytes of the content
  bool operator==(const ShownFile&) const = default;
};
BOOST_DESCRIBE_STRUCT(ShownFile, (), (path, size))

/// What is needed to go on with the cost, exactly: nothing is lost in rounding. Shown, so that whoever has an answer
/// can tell the cost of any later moment as cost_now() does.
struct Billing {
  Instant since;                    ///< from here on nothing is charged yet; unset: it does not run
  std::int64_t cost_usd_micro = 0;  ///< charged up to there
  std::uint64_t remainder = 0;      ///< of micro-USD, in units of 1 / 3,600,000,000
  bool operator==(const Billing&) const = default;
};
BOOST_DESCRIBE_STRUCT(Billing, (), (since, cost_usd_micro, remainder))

/// One deployment as GET /api/v1/deployments/{id} shows it. Absent optionals and unset times are null there.
struct View {
  std::string id;
  std::string name;
  std::string provider;
  std::vector<std::string> command;
  std::map<std::string, ShownEnv> env;
  std::optional<std::string> image;
  std::vector<Port> ports;
  std::vector<ShownFile> files;
  std::map<std::string, std::string> labels;
  std::optional<Gpu> gpu;
  std::optional<Limits> limits;
  RestartPolicy restart_policy;
  Duration stop_grace;
  std::int64_t price_usd_micro_per_hour = 0;
  Desired desired = Desired::running;  ///< what its users last asked for
  Status status = Status::creating;
  Reason reason;  ///< why it has its status; `event_id` is the position of the event that says so
  std::string organisation;
  std::string project;
  std::string owner;
  std::optional<std::string> host;
  std::optional<std::string> limits_by;
  std::int64_t cost_usd_micro = 0;  ///< up to its last event, or the moment that was asked for; see cost_now()
  Billing billing;
  Connection connection;
  std::optional<std::int32_t> exit_code;  ///< of the last run, until the next one starts
  std::int32_t restarts = 0;              ///< by policy since a user last started it
  Instant started_at;                     ///< of the last run
  Instant stopped_at;                     ///< of the last run, when it has ended
  Instant deleted_at;
  Instant created_at;
  Instant updated_at;
  Version version = 0;
  Position position;

  // Not shown.
  bool prepared = false;
  Seq created_seq = 0;
  Instant index_time;  ///< of the batch of the last event

  bool operator==(const View&) const = default;
};
BOOST_DESCRIBE_STRUCT(View, (),
                      (id, name, provider, command, env, image, ports, files, labels, gpu, limits, restart_policy,
                       stop_grace, price_usd_micro_per_hour, desired, status, reason, organisation, project, owner,
                       host, limits_by, cost_usd_micro, billing, connection, exit_code, restarts, started_at,
                       stopped_at, deleted_at, created_at, updated_at, version, position))

/// Folds one event; pure. On a failure `view` is as it was. Fails: internal `projection.version_gap` when the event
/// does not follow; what decode_event fails with.
Result<void> apply(std::optional<View>& view, const log::Record& record, Position position, Instant index_time);

/// Micro-USD up to `now`: of the spans between started and stopped, each at the price that held then.
std::int64_t cost_now(std::int64_t price_usd_micro_per_hour, const Billing& billing, Instant now);
std::int64_t cost_now(const View& view, Instant now);

/// The answer's JSON, with the cost up to the last event. `cost_at` is where the digits of the cost begin.
std::string to_answer(const View& view, std::size_t* cost_at = nullptr);
/// Reads what to_answer wrote; what is not shown stays empty. Fails as from_json does.
Result<View> parse_answer(std::string_view json);

}  // namespace hub::deployments
