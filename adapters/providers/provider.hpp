#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"
#include "events/deployments/spec.hpp"

namespace hub::providers {

/// What a provider can do; the dashboard and decide() ask before they offer an action.
struct Capabilities {
  bool can_stop = false;  ///< stop and start again with the disk kept
  bool can_spot = false;
  bool has_logs = false;
  bool has_metrics = false;
  std::string unit;  ///< what is rented: "process" | "container" | "vm"
  bool takes_image = false;
  std::string no_image_because;  ///< why an `image` is refused; empty when it is taken
  std::string gpu_note;          ///< of one's own machine: what GPUs it has, or "no GPU here"
};

/// Something that can be rented.
struct Offer {
  std::string id;
  std::string provider;
  std::string region;
  std::string gpu_model;  ///< empty: without GPU
  std::int32_t gpu_count = 0;
  std::int64_t gpu_memory_bytes = 0;
  double cpus = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t price_usd_micro_per_hour = 0;
  bool spot = false;
  bool available = true;
};

/// One deployment to make. `order_id` is the idempotency key: the same one never rents twice.
struct CreateOrder {
  std::string order_id;                    ///< the deployment's id
  deployments::Spec spec;                  ///< `env` holds references only; the values are in `env`
  std::map<std::string, std::string> env;  ///< in plain text: never logged, never on a command line
};

struct Instance {
  std::string id;  ///< the provider's; for local the deployment's id
  std::string host;
  std::string limits_by;  ///< "cgroup2" | "cgroup1" | "rlimit" | "none" | "provider"
  deployments::Connection connection;
};

/// How a run ended.
struct Exit {
  std::int32_t run = 0;
  std::optional<std::int32_t> exit_code;
  std::optional<std::int32_t> signal;
  std::string code;  ///< "process.exited" | "process.signalled" | "host.rebooted" | "supervisor.lost"
  std::string text;
  Instant at;
};

enum class RunState { none, running, ended, unknown };

/// What the provider knows of a deployment now.
struct Observed {
  std::string id;
  std::int32_t run = 0;  ///< the latest; 0: never started
  RunState state = RunState::none;
  Instant started_at;
  std::optional<Exit> exit;              ///< of the latest run, when it has ended
  std::optional<std::string> limits_by;  ///< as in Instance, of the run that was asked for; only start() knows it
};

struct LogLine {
  std::uint64_t seq = 0;  ///< from 1 per deployment, goes on over restarts
  Instant time;
  bool is_stderr = false;
  bool split = false;  ///< goes on in the next line: the original was over 64 KiB
  std::string text;    ///< valid UTF-8, without the newline
};

/// Which lines. With neither `after` nor `before` nor `tail`: from the first kept one. `limit` 1..10,000.
struct LogQuery {
  std::optional<std::uint64_t> after;   ///< lines with a greater seq
  std::optional<std::uint64_t> before;  ///< the last `limit` lines with a smaller seq, ascending
  std::optional<std::uint64_t> tail;    ///< the last N lines
  Instant from;                         ///< inclusive; unset: no bound
  Instant to;                           ///< exclusive; unset: no bound
  std::string contains;                 ///< case-sensitive substring of the text
  std::optional<bool> is_stderr;        ///< one stream only
  std::size_t limit = 1'000;
};

struct LogPage {
  std::vector<LogLine> lines;    ///< ascending by seq
  std::uint64_t next_after = 0;  ///< give it as `after` to go on; also set at the end
  std::uint64_t lost_from = 0;   ///< lines asked for that are no longer kept; 0 when none
  std::uint64_t lost_to = 0;
};

/// Names as in the API: "cpu_percent", "memory_bytes", "network_rx_bytes", … ; a value is absent when unknown.
struct MetricSample {
  Instant at;
  std::map<std::string, std::optional<double>, std::less<>> values;
};
struct MetricUnit {
  std::string name;
  std::string unit;  ///< "percent" | "bytes" | "celsius" | "watts"
};
/// In the order in which they are shown. Network and disk are counters since the run's start.
const std::vector<MetricUnit>& metric_units();

/// Told what happens without being asked. Called on threads of the provider; must not block.
/// `on_started` and `on_exit` are repeated after a restart of the server for what is true then.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_exit(const std::string& deployment_id, const Exit& exit) = 0;
  /// Nothing is kept of it any more.
  virtual void on_removed(const std::string&) {}
  /// Lines up to `last_seq` can be read now.
  virtual void on_log(const std::string& deployment_id, std::uint64_t last_seq) = 0;
  virtual void on_metrics(const std::string& deployment_id, const MetricSample& sample) = 0;
};

/// A seller of machines, or one's own machine. Calls block and run on the engine's effect threads; each is safe to
/// repeat. Failures: conflict provider.no_capacity, unauthorised provider.unauthorised, too_many
/// provider.rate_limited (retry_after_ms), not_found provider.not_found, unavailable provider.unreachable,
/// invalid provider.invalid (and provider.containers_unavailable).
class Provider {
 public:
  virtual ~Provider() = default;

  virtual std::string_view name() const = 0;
  virtual Capabilities capabilities() const = 0;
  virtual Result<std::vector<Offer>> offers() = 0;

  /// Makes ready what the command will run in; does not run it. Repeating an order gives the same instance.
  virtual Result<Instance> create(const CreateOrder& order) = 0;
  /// Everything this provider holds for us: after a restart of the server it has re-adopted these.
  virtual Result<std::vector<Observed>> list() = 0;
  virtual Result<Observed> get(const std::string& deployment_id) = 0;
  /// Runs the command as run `run`. A run that is running or has ended is not started again: its state is answered.
  virtual Result<Observed> start(const CreateOrder& order, std::int32_t run) = 0;
  /// Asks run `run` to end: SIGTERM, after `grace` SIGKILL, to the whole group. Returns at once; the end comes by
  /// on_exit. A run that has ended already is reported by on_exit again.
  virtual Result<void> stop(const std::string& deployment_id, std::int32_t run, Duration grace) = 0;
  /// Ends what runs and removes all that is kept; not found counts as done. Returns when it is gone.
  virtual Result<void> remove(const std::string& deployment_id) = 0;

  virtual Result<LogPage> logs(const std::string& deployment_id, const LogQuery& query) = 0;
  /// Samples with from <= at < to, thinned to one per `step` (mean; 0: as kept), at most 10,000.
  virtual Result<std::vector<MetricSample>> metrics(const std::string& deployment_id, Instant from, Instant to,
                                                    Duration step) = 0;
  /// While somebody watches, samples come every second instead of every five. Calls nest.
  virtual void watch_metrics(const std::string& deployment_id, bool watched) = 0;
  virtual Result<deployments::Connection> connection(const std::string& deployment_id) = 0;
};

}  // namespace hub::providers
