#include <algorithm>

#include "events/core/overloaded.hpp"
#include "events/deployments/events.hpp"
#include "projections/deployments/view.hpp"

namespace hub::deployments {
namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t kMicrosPerHour = 3'600'000'000;
constexpr std::int64_t kBase64Group = 4;

/// What has run until `until`, at this price, in units of 1 / 3,600,000,000 micro-USD.
Wide due(std::int64_t price_usd_micro_per_hour, const Billing& billing, Instant until) {
  if (!billing.since.is_set() || until <= billing.since) return billing.remainder;
  return Wide{price_usd_micro_per_hour} * (until - billing.since).micros + billing.remainder;
}

/// Charges what has run until `until` at the price that held.
void charge(View& view, Instant until) {
  if (!view.billing.since.is_set() || until <= view.billing.since) return;
  const Wide charged = due(view.price_usd_micro_per_hour, view.billing, until);
  view.cost_usd_micro = view.billing.cost_usd_micro + static_cast<std::int64_t>(charged / kMicrosPerHour);
  view.billing = {until, view.cost_usd_micro, static_cast<std::uint64_t>(charged % kMicrosPerHour)};
}

std::uint64_t size_of(const File& file) {
  if (!file.base64) return file.text ? file.text->size() : 0;
  const auto& text = *file.base64;
  const auto padding = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '='));
  return text.size() / kBase64Group * 3 - std::min<std::uint64_t>(padding, 2);
}

ShownEnv shown(const EnvValue& value) {
  return value.secret ? ShownEnv{value.secret, std::nullopt} : ShownEnv{std::nullopt, true};
}

/// One event on its way into a view. The status follows what is written beside each event in events.hpp.
struct Step {
  View& view;
  const log::Record& record;
  Position position;

  void status(Status status, Reason reason) {
    view.status = status;
    because(std::move(reason));
  }
  void status(Status to, std::string_view code, std::string_view text) {
    status(to, Reason{std::string(code), std::string(text), {}, {}, {}});
  }
  void because(Reason reason) {
    view.reason = std::move(reason);
    view.reason.event_id = to_text(position);
  }
  bool leaving() const { return view.status == Status::deleting || view.status == Status::deleted; }

  /// A run ended. While it is being deleted that changes no status.
  void ended(Status to, Instant at, const Reason& reason) {
    charge(view, at);
    view.billing.since = {};
    view.stopped_at = at;
    view.exit_code = reason.exit_code;
    if (!leaving()) status(to, reason);
  }

  void operator()(DeploymentRequested& event) {
    auto& spec = event.spec;
    view.name = std::move(spec.name);
    view.provider = std::move(spec.provider);
    view.command = std::move(spec.command);
    for (const auto& [key, value] : spec.env) view.env.emplace(key, shown(value));
    view.image = std::move(spec.image);
    view.ports = std::move(spec.ports);
    for (const auto& file : spec.files) view.files.push_back({file.path, size_of(file)});
    view.labels = std::move(spec.labels);
    view.gpu = std::move(spec.gpu);
    view.limits = spec.limits;
    view.restart_policy = spec.restart_policy;
    view.stop_grace = spec.stop_grace;
    view.price_usd_micro_per_hour = spec.price_usd_micro_per_hour;
    view.host = std::move(spec.host);
    view.desired = event.desired;
    view.owner = std::move(event.owner);
    if (event.desired == Desired::running)
      status(Status::creating, "deployment.requested", "asked for; the provider prepares it");
    else
      status(Status::stopped, "deployment.requested", "asked for without starting it");
  }

  void operator()(DeploymentPrepared& event) {
    view.prepared = true;
    view.host = std::move(event.host);
    view.limits_by = std::move(event.limits_by);
    view.connection = std::move(event.connection);
    if (view.status == Status::creating)
      status(Status::starting, "deployment.prepared", "prepared; its command is asked to run");
  }

  void operator()(DeploymentStartRequested& event) {
    view.restarts = event.restarts;
    view.desired = Desired::running;
    if (leaving()) return;
    if (view.prepared)
      status(Status::starting, "deployment.start_requested", "its command is asked to run");
    else
      status(Status::creating, "deployment.start_requested", "asked to run; the provider prepares it");
  }

  void operator()(DeploymentStarted& event) {
    view.started_at = event.started_at;
    if (event.limits_by) view.limits_by = std::move(event.limits_by);
    view.stopped_at = {};
    view.exit_code.reset();
    view.billing.since = event.started_at;
    // Asked to stop or to go while it was starting: that still holds.
    if (leaving() || view.status == Status::stopping) return;
    status(Status::running, "deployment.started", "its command runs");
  }

  void operator()(DeploymentStopRequested& event) {
    view.desired = event.restart ? Desired::running : Desired::stopped;
    if (leaving()) return;
    status(Status::stopping, "deployment.stop_requested", event.restart ? "asked to restart" : "asked to stop");
  }

  void operator()(DeploymentStopped& event) { ended(Status::stopped, event.stopped_at, event.reason); }
  void operator()(DeploymentFailed& event) { ended(Status::failed, event.stopped_at, event.reason); }
  void operator()(DeploymentRestartScheduled& event) { ended(Status::starting, event.stopped_at, event.reason); }

  void operator()(DeploymentEffectRetried& event) { because(std::move(event.reason)); }

  void operator()(DeploymentUnreachable& event) {
    if (!leaving()) status(Status::unreachable, std::move(event.reason));
  }
  void operator()(DeploymentReachable&) {
    if (!leaving()) status(Status::running, "deployment.reachable", "it answers again, and runs");
  }

  void operator()(DeploymentChanged& event) {
    if (event.name) view.name = std::move(*event.name);
    if (event.labels) view.labels = std::move(*event.labels);
    if (event.limits) view.limits = event.limits;
    if (event.restart_policy) view.restart_policy = *event.restart_policy;
    if (!event.price_usd_micro_per_hour) return;
    charge(view, record.time);
    view.price_usd_micro_per_hour = *event.price_usd_micro_per_hour;
  }

  // Only history tells of them.
  void operator()(DeploymentTerminalOpened&) {}
  void operator()(DeploymentTerminalClosed&) {}

  void operator()(DeploymentDeleteRequested&) {
    status(Status::deleting, "deployment.delete_requested", "asked to be deleted");
  }

  void operator()(DeploymentDeleted& event) {
    charge(view, event.deleted_at);
    view.billing.since = {};
    view.deleted_at = event.deleted_at;
    status(Status::deleted, "deployment.deleted", "gone at the provider");
  }
};

View created(const log::Record& record, Position position, Instant index_time) {
  View view;
  view.id = record.entity;
  view.organisation = record.organisation;
  view.project = record.project;
  // The label of a clock that was ahead must not make it younger than its batch: lists as of a time rely on it.
  view.created_at = std::min(record.time, index_time);
  view.created_seq = position.seq;
  return view;
}

}  // namespace

Result<void> apply(std::optional<View>& view, const log::Record& record, Position position, Instant index_time) {
  const Version before = view ? view->version : 0;
  if (record.version != before + 1)
    return internal_failure("projection.version_gap",
                            "version " + std::to_string(record.version) + " follows " + std::to_string(before));
  HUB_TRY(auto event, decode_event(record.type, record.data));
  if (!view) {
    if (!std::holds_alternative<DeploymentRequested>(event))
      return internal_failure("projection.version_gap", "the first event is " + record.type);
    view = created(record, position, index_time);
  }
  view->updated_at = record.time;
  view->version = record.version;
  view->position = position;
  view->index_time = index_time;
  std::visit(Step{*view, record, position}, event);
  return success();
}

std::int64_t cost_now(std::int64_t price_usd_micro_per_hour, const Billing& billing, Instant now) {
  return billing.cost_usd_micro +
         static_cast<std::int64_t>(due(price_usd_micro_per_hour, billing, now) / kMicrosPerHour);
}

std::int64_t cost_now(const View& view, Instant now) {
  return cost_now(view.price_usd_micro_per_hour, view.billing, now);
}

}  // namespace hub::deployments
