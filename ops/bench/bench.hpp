#pragma once
#include <map>
#include <memory>

#include "ops/bench/report.hpp"
#include "ops/bench/site.hpp"

namespace hub::bench {

struct Options {
  std::filesystem::path binary;  ///< of the server that is measured
  std::filesystem::path folder;  ///< for data; what is made in it goes at the end
  std::size_t rows_small = 10'000;
  std::size_t rows_large = 1'000'000;
  std::filesystem::path queues;  ///< with the programs of the queues that tasks are compared with; empty: they are not
  std::string kafka;             ///< brokers, for the figures of the log on Kafka
  std::size_t kafka_commands = 1'000'000;
  std::filesystem::path streams;  ///< starts the application that the engine is compared with; empty: it is not
};

/// What the figures of one run share.
class Bench {
 public:
  explicit Bench(Options given) : options(std::move(given)) {}

  /// A site with so many deployments, made when first asked for. The server of the last one that was asked for runs,
  /// the others rest.
  Site& site(std::size_t rows);
  /// No server of a site runs any more, so that another one has the machine.
  void rest();

  const Options options;
  Report report;

 private:
  std::map<std::size_t, std::unique_ptr<Site>> sites_;
};

/// "10k", "1000k".
std::string size_text(std::size_t rows);

// One function a subject; each adds its figures to the report.
void measure_log_append(Bench& bench);
void measure_log_chain(Bench& bench);
void measure_log_replay(Bench& bench);
void measure_projection_fold(Bench& bench);
void measure_task_reads(Bench& bench);
void measure_task_enqueue(Bench& bench);
void measure_task_done(Bench& bench);
void measure_task_latency(Bench& bench);
void measure_v1_overhead(Bench& bench);
void measure_http_tasks(Bench& bench);
void measure_asynq(Bench& bench);
void measure_bullmq(Bench& bench);
void measure_http_get(Bench& bench);
void measure_http_list(Bench& bench);
void measure_http_post(Bench& bench);
void measure_past(Bench& bench);
void measure_deploy_running(Bench& bench);
void measure_live_latency(Bench& bench);
void measure_live_fan_out(Bench& bench);
void measure_start(Bench& bench);
void measure_memory(Bench& bench);
void measure_memory_per_actor(Bench& bench);
void measure_kafka_single(Bench& bench);
void measure_kafka_many(Bench& bench);
void measure_kafka_latency(Bench& bench);
void measure_kafka_streams(Bench& bench);

}  // namespace hub::bench
