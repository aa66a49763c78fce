#include "gateway/server/health.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace hub::server {
namespace {

/// A projection that is further behind answers too late to be called ready.
constexpr Duration kLagMax = seconds(30);

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(MetricType type, std::string name, std::string help, double value) {
  MetricFamily made;
  made.type = type;
  made.name = "computehub_" + std::move(name);
  made.help = std::move(help);
  prometheus::ClientMetric metric;
  if (type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  made.metric.push_back(std::move(metric));
  return made;
}

class Families {
 public:
  void count(std::string name, std::string help, double value) {
    all.push_back(family(MetricType::Counter, std::move(name), std::move(help), value));
  }
  void gauge(std::string name, std::string help, double value) {
    all.push_back(family(MetricType::Gauge, std::move(name), std::move(help), value));
  }
  std::vector<MetricFamily> all;
};

template <class Member>
double sum(const std::vector<const engine::RunnerMetrics*>& runners, Member member) {
  double total = 0;
  for (const auto* runner : runners) total += static_cast<double>((runner->*member).load());
  return total;
}

void add_engine(Families& out, const std::vector<const engine::RunnerMetrics*>& runners) {
  using Metrics = engine::RunnerMetrics;
  out.count("engine_batches_total", "Batches appended to the log", sum(runners, &Metrics::batches));
  out.count("engine_inputs_total", "Inputs decided", sum(runners, &Metrics::inputs));
  out.count("engine_records_total", "Records appended", sum(runners, &Metrics::events));
  out.count("engine_refusals_total", "Inputs refused", sum(runners, &Metrics::refusals));
  out.count("engine_append_seconds_total", "Time spent in appends, syncs included",
            sum(runners, &Metrics::append_micros) / 1e6);
  out.count("engine_dead_letters_total", "Inputs that went to dead letters", sum(runners, &Metrics::dead_letters));
  out.gauge("engine_queued_inputs", "Inputs that wait", sum(runners, &Metrics::queued));
  out.gauge("engine_active_entities", "Entities with an actor", sum(runners, &Metrics::active));
  out.gauge("engine_quarantined_entities", "Entities set aside", sum(runners, &Metrics::quarantined));
  out.gauge("engine_overdue_seconds", "Age of the oldest timer that should have fired",
            sum(runners, &Metrics::overdue_micros) / 1e6);
}

void add_live(Families& out, const live::HubMetrics& live) {
  out.gauge("live_sockets", "Open WebSockets", static_cast<double>(live.sockets));
  out.gauge("live_subscriptions", "Open subscriptions", static_cast<double>(live.subscriptions));
  out.count("live_frames_total", "Frames sent", static_cast<double>(live.frames_sent));
  out.count("live_bytes_total", "Bytes sent", static_cast<double>(live.bytes_sent));
  out.count("live_coalesced_total", "Frames replaced by a later one", static_cast<double>(live.frames_coalesced));
  out.count("live_dropped_total", "Streams closed for slowness", static_cast<double>(live.streams_dropped));
}

}  // namespace

std::vector<routes::HealthCheck> Health::checks() const {
  auto& feed = projections_.feed("deployments");
  const auto failure = feed.failure();
  const auto lag = feed.progress().lag(wall_now());
  routes::HealthCheck projection{"projections", !failure && lag.time < kLagMax, {}};
  if (failure)
    projection.reason = failure->code + ": " + failure->detail;
  else if (!projection.ok)
    projection.reason = "behind by " + std::to_string(lag.records) + " records";
  double quarantined = 0;
  for (const auto* runner : engine_.metrics()) quarantined += static_cast<double>(runner->quarantined.load());
  routes::HealthCheck engine{"engine", true, {}};
  if (quarantined > 0) engine.reason = std::to_string(static_cast<int>(quarantined)) + " entities are set aside";
  return {{"log", true, {}}, engine, projection};
}

std::string Health::metrics_text(const live::Hub& hub) const {
  Families out;
  add_engine(out, engine_.metrics());
  const auto lag = projections_.feed("deployments").progress().lag(wall_now());
  out.gauge("projection_lag_records", "Records not yet folded", static_cast<double>(lag.records));
  out.gauge("projection_lag_seconds", "Age of the oldest of them", static_cast<double>(lag.time.micros) / 1e6);
  out.gauge("effects_waiting", "Effects that wait or run", static_cast<double>(engine_.effects_waiting()));
  add_live(out, hub.metrics());
  return prometheus::TextSerializer().Serialize(out.all);
}

}  // namespace hub::server
