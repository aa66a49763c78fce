#include "gateway/server/metrics_text.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <limits>

namespace hub::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr double kMicrosPerSecond = 1e6;

class Families {
 public:
  void count(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    metric(MetricType::Counter, name, help, std::move(labels)).counter.value = value;
  }
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    metric(MetricType::Gauge, name, help, std::move(labels)).gauge.value = value;
  }
  /// `counts` are of the ranges one by one; bounds and sum are divided by `scale`.
  template <std::size_t N>
  void histogram(const std::string& name, const std::string& help, const std::array<std::uint64_t, N>& bounds,
                 const std::array<std::uint64_t, N + 1>& counts, std::uint64_t sum, double scale, Labels labels = {}) {
    auto& made = metric(MetricType::Histogram, name, help, std::move(labels)).histogram;
    for (std::size_t i = 0; i <= N; ++i) {
      made.sample_count += counts[i];
      const double bound = i < N ? static_cast<double>(bounds[i]) / scale : std::numeric_limits<double>::infinity();
      made.bucket.push_back({made.sample_count, bound});
    }
    made.sample_sum = static_cast<double>(sum) / scale;
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(all_); }

 private:
  ClientMetric& metric(MetricType type, const std::string& name, const std::string& help, Labels labels) {
    if (all_.empty() || all_.back().name != "computehub_" + name) {
      auto& family = all_.emplace_back();
      family.type = type;
      family.name = "computehub_" + name;
      family.help = help;
    }
    auto& made = all_.back().metric.emplace_back();
    made.label = std::move(labels);
    return made;
  }
  std::vector<MetricFamily> all_;
};

using Runners = std::vector<const engine::RunnerMetrics*>;

template <class Member>
double sum(const Runners& runners, Member member) {
  double total = 0;
  for (const auto* runner : runners) total += static_cast<double>((runner->*member).load());
  return total;
}

template <class Member>
double most(const Runners& runners, Member member) {
  double highest = 0;
  for (const auto* runner : runners) highest = std::max(highest, static_cast<double>((runner->*member).load()));
  return highest;
}

template <std::size_t N>
std::array<std::uint64_t, N + 1> counts_of(const Histogram<N>& histogram) {
  std::array<std::uint64_t, N + 1> counts{};
  for (std::size_t i = 0; i <= N; ++i) counts[i] = histogram.count(i);
  return counts;
}

template <std::size_t N>
void add_histogram(Families& out, const std::string& name, const std::string& help, const Runners& runners,
                   Histogram<N> engine::RunnerMetrics::*member, double scale) {
  std::array<std::uint64_t, N + 1> counts{};
  std::uint64_t total = 0;
  for (const auto* runner : runners) {
    const auto mine = counts_of(runner->*member);
    for (std::size_t i = 0; i <= N; ++i) counts[i] += mine[i];
    total += (runner->*member).sum();
  }
  out.histogram(name, help, (runners.front()->*member).bounds, counts, total, scale);
}

void add_engine(Families& out, const engine::Engine& engine) {
  using Metrics = engine::RunnerMetrics;
  const auto runners = engine.metrics();
  out.count("engine_batches_total", "Batches appended to the log", sum(runners, &Metrics::batches));
  add_histogram(out, "engine_batch_records", "Records of one append", runners, &Metrics::batch_records, 1);
  add_histogram(out, "engine_batch_inputs", "Inputs decided together", runners, &Metrics::batch_inputs, 1);
  add_histogram(out, "engine_append_seconds", "Time of one append, its fsync included", runners,
                &Metrics::append_micros, kMicrosPerSecond);
  out.count("engine_inputs_total", "Inputs decided", sum(runners, &Metrics::inputs));
  out.count("engine_records_total", "Records appended, events and the log's own", sum(runners, &Metrics::records));
  out.count("engine_events_total", "Events appended", sum(runners, &Metrics::events));
  out.count("engine_refused_inputs_total", "Inputs refused", sum(runners, &Metrics::refusals));
  out.count("engine_dead_letters_total", "Inputs that went to dead letters", sum(runners, &Metrics::dead_letters));
  out.gauge("engine_queue_depth", "Inputs that wait", sum(runners, &Metrics::queued));
  out.gauge("engine_active_entities", "Entities with an actor", sum(runners, &Metrics::active));
  out.gauge("engine_quarantined_entities", "Entities set aside after a fault", sum(runners, &Metrics::quarantined));
  out.gauge("engine_oldest_timer_seconds", "How late the oldest timer is that should have fired",
            most(runners, &Metrics::overdue_micros) / kMicrosPerSecond);
  out.gauge("effects_waiting", "Effects that wait or run", static_cast<double>(engine.effects_waiting()));
}

void add_log(Families& out, const log::LogFigures& log) {
  out.histogram("log_fsync_seconds", "Time of one durable write of the log, as its writer waited", log.fsync.bounds,
                counts_of(log.fsync), log.fsync.sum(), kMicrosPerSecond);
  out.count("log_slow_fsync_total", "Durable writes that took longer than half a second",
            static_cast<double>(log.slow.load()));
}

template <class Value>
void add_by_partition(Families& out, const std::string& name, const std::string& help,
                      const routes::ClusterView& cluster, Value value) {
  for (const auto& each : cluster.partitions)
    out.gauge(name, help, static_cast<double>(value(each)), {{"partition", std::to_string(each.partition)}});
}

void add_cluster(Families& out, const routes::ClusterView& cluster) {
  const auto seconds = [](Duration time) { return static_cast<double>(time.micros) / kMicrosPerSecond; };
  double owned = 0;
  for (const auto& each : cluster.partitions) owned += each.owned_here ? 1 : 0;
  out.gauge("partitions_owned", "Partitions that this node owns", owned);
  using View = routes::PartitionView;
  add_by_partition(out, "partition_epoch", "Epoch of the last claim", cluster, [](const View& v) { return v.epoch; });
  add_by_partition(out, "partition_head", "Seq of the last record here", cluster, [](const View& v) { return v.head; });
  add_by_partition(out, "partition_owned", "1 when this node owns the partition", cluster,
                   [](const View& v) { return v.owned_here ? 1 : 0; });
  add_by_partition(out, "copy_lag_records", "Offsets by which this node's copy is behind the brokers", cluster,
                   [](const View& v) { return v.copy.records; });
  add_by_partition(out, "copy_lag_seconds", "Time since the copy was at the end", cluster,
                   [&](const View& v) { return seconds(v.copy.time); });
  add_by_partition(out, "partition_fault", "1 when the partition is not read any more", cluster,
                   [](const View& v) { return v.fault.empty() ? 0 : 1; });
  out.gauge("commands_waiting", "Commands sent from here by the log and not answered yet",
            static_cast<double>(cluster.commands_waiting));
  out.count("foreign_records_total", "Records on our topics that are not ours",
            static_cast<double>(cluster.foreign_records));
}

void add_kafka(Families& out, const kafka::KafkaFigures& kafka) {
  out.histogram("kafka_transaction_seconds", "Time of one transaction", kafka.transactions.bounds,
                counts_of(kafka.transactions), kafka.transactions.sum(), kMicrosPerSecond);
  const auto count = [](const std::atomic<std::uint64_t>& value) { return static_cast<double>(value.load()); };
  out.count("kafka_recycled_producers_total", "Producers made anew because of doubt", count(kafka.recycled));
  out.count("kafka_fenced_appends_total", "Batches refused because another node had taken over", count(kafka.fenced));
  out.count("kafka_void_records_total", "Records left out because their author was no owner",
            count(kafka.void_records));
  out.gauge("kafka_brokers_away", "1 when no broker is connected", kafka.away ? 1 : 0);
  out.gauge("kafka_brokers_silent_seconds", "How long no broker has said anything; 0 in ordinary times",
            static_cast<double>(kafka.silence().micros) / kMicrosPerSecond);
}

/// "/deployments/{id}" as "/deployments/:id": braces enclose labels, and simple readers take them for the end.
std::string label_of(const std::string& pattern) {
  std::string label;
  for (const char c : pattern) {
    if (c == '{')
      label += ':';
    else if (c != '}')
      label += c;
  }
  return label;
}

void add_http(Families& out, const HttpWatch& http) {
  static constexpr const char* kClassNames[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  const auto routes = http.routes();
  const auto labels = [](const HttpWatch::RouteFigures& route) -> Labels {
    return {{"method", route.method}, {"route", label_of(route.pattern)}};
  };
  for (const auto& route : routes)
    for (std::size_t i = 0; i < HttpWatch::kClasses; ++i) {
      if (route.requests[i] == 0) continue;
      auto with_status = labels(route);
      with_status.push_back({"status", kClassNames[i]});
      out.count("http_requests_total", "Requests answered, by route and class of status",
                static_cast<double>(route.requests[i]), std::move(with_status));
    }
  for (const auto& route : routes)
    if (route.durations != decltype(route.durations){})
      out.histogram("http_request_seconds", "Time from the whole request to the whole answer, by route", kMicrosBounds,
                    route.durations, route.micros_sum, kMicrosPerSecond, labels(route));
  for (const auto& route : routes)
    if (route.bytes > 0)
      out.count("http_sent_bytes_total", "Bytes of answers, by route", static_cast<double>(route.bytes), labels(route));
  for (const auto& [refusal, times] : http.refusals())
    out.count("refusals_total", "Refusals, by code and status", static_cast<double>(times),
              {{"code", refusal.second}, {"status", std::to_string(refusal.first)}});
}

void add_live(Families& out, const live::HubMetrics& live) {
  const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
  out.gauge("live_sockets", "Open WebSockets", count(live.sockets));
  out.gauge("live_subscriptions", "Open subscriptions", count(live.subscriptions));
  out.count("live_frames_total", "Frames sent", count(live.frames_sent));
  out.count("live_sent_bytes_total", "Bytes sent over WebSockets", count(live.bytes_sent));
  out.count("live_coalesced_frames_total", "Frames replaced by a later one", count(live.frames_coalesced));
  out.count("live_dropped_streams_total", "Streams closed because their reader was too slow",
            count(live.streams_dropped));
  out.count("live_messages_total", "Messages of clients", count(live.messages_received));
  out.count("live_errors_total", "Error frames sent", count(live.errors_sent));
  out.count("live_idle_closed_total", "Sockets cut off because nothing came from them",
            count(live.sockets_idle_closed));
}

void add_process(Families& out) {
  std::uint64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  out.gauge("process_resident_bytes", "Memory of the server",
            static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMicrosPerSecond;
  };
  out.count("process_cpu_seconds_total", "CPU time of the server",
            seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
}

}  // namespace

std::string metrics_text(const Figures& figures) {
  Families out;
  add_engine(out, figures.engine);
  add_log(out, figures.log);
  out.gauge("projection_lag_records", "Records not yet folded", static_cast<double>(figures.lag.records));
  out.gauge("projection_lag_seconds", "Age of the oldest of them",
            static_cast<double>(figures.lag.time.micros) / kMicrosPerSecond);
  add_cluster(out, figures.cluster);
  if (figures.kafka != nullptr) add_kafka(out, *figures.kafka);
  add_http(out, figures.http);
  out.gauge("http_connections", "Open connections", static_cast<double>(figures.connections));
  add_live(out, figures.live);
  for (const auto& check : figures.checks)
    out.gauge("health_check", "1 when the check of /api/v1/system/health is good", check.ok ? 1 : 0,
              {{"name", check.name}});
  add_process(out);
  return out.text();
}

}  // namespace hub::server
