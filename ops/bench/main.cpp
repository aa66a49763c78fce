// Figures of the whole system, measured on the real server and on the libraries that it is made of.
//   hub_bench [--binary FILE] [--folder DIR] [--rows N] [FIGURE …]
//   hub_bench --queues FOLDER [--binary FILE] [--folder DIR] [FIGURE …]
//   hub_bench --kafka-brokers HOST:PORT [--streams FILE] [--folder DIR] [--commands N] [FIGURE …]
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <span>

#include "ops/bench/bench.hpp"

namespace hub::bench {
namespace {

struct Subject {
  std::string_view name;
  std::string_view about;
  void (*measure)(Bench& bench);
};

constexpr Subject kTaskEnqueue{"task_enqueue", "tasks taken in: one a request, pipelined, in batches",
                               measure_task_enqueue};
constexpr Subject kTaskDone{"task_done", "20,000 tasks taken in and completed by models that answer at once",
                            measure_task_done};
constexpr Subject kTaskLatency{"task_latency", "a task until its completion is heard of, 500 a second",
                               measure_task_latency};

// Those that write to a site stand behind those that read it.
constexpr Subject kSubjects[] = {
    {"log_append", "durable appends by batch size", measure_log_append},
    {"log_chain", "what the hash chain costs a record", measure_log_chain},
    {"log_replay", "read and verify the log", measure_log_replay},
    {"projection_fold", "fold events into the projection of deployments", measure_projection_fold},
    {"task_reads", "fold events of tasks; lists, searches and figures of them", measure_task_reads},
    kTaskEnqueue,
    kTaskDone,
    kTaskLatency,
    {"v1_overhead", "a call of /v1 beside one to its endpoint, 16 clients", measure_v1_overhead},
    {"http_tasks", "lists, searches and figures of tasks over HTTP", measure_http_tasks},
    {"memory_per_actor", "an active entity beside its state", measure_memory_per_actor},
    {"memory", "the server idle, and with 100 k idle entities", measure_memory},
    {"deploy_running", "POST until the process runs, on the local provider", measure_deploy_running},
    {"live_latency", "change until WebSocket frame, 1,000 subscribers", measure_live_latency},
    {"live_fan_out", "CPU for a million WebSocket messages", measure_live_fan_out},
    {"http_get", "GET by id, 64 connections", measure_http_get},
    {"http_list", "a list page of 20, 64 connections", measure_http_list},
    {"past", "?at= of one deployment and of a list page", measure_past},
    {"http_post", "POST of a stopped deployment, 64 connections", measure_http_post},
    {"start", "start to ready: empty, behind a stop, and behind a kill under load", measure_start},
};

// Of tasks, beside other queues in one run.
constexpr Subject kQueueSubjects[] = {
    kTaskEnqueue,
    kTaskDone,
    kTaskLatency,
    {"asynq", "the same with asynq", measure_asynq},
    {"bullmq", "the same with BullMQ", measure_bullmq},
};

// Of the log on Kafka.
constexpr Subject kKafkaSubjects[] = {
    {"kafka_single", "commands of one event that lie on their topic", measure_kafka_single},
    {"kafka_ten", "commands of ten events each that lie on their topic", measure_kafka_many},
    {"kafka_latency", "a command until its outcome, 1,000 a second", measure_kafka_latency},
    {"kafka_streams", "the same with Kafka Streams: counts by key, exactly once", measure_kafka_streams},
};

std::string choices() {
  std::string text;
  const auto list = [&text](std::span<const Subject> subjects) {
    for (const auto& subject : subjects)
      text += "  " + std::string(subject.name) + std::string(18 - subject.name.size(), ' ') +
              std::string(subject.about) + "\n";
  };
  text += "usage: hub_bench [--binary FILE] [--folder DIR] [--rows N] [FIGURE ...]\n";
  list(kSubjects);
  text += "usage: hub_bench --queues FOLDER [--binary FILE] [--folder DIR] [FIGURE ...]\n";
  list(kQueueSubjects);
  text += "usage: hub_bench --kafka-brokers HOST:PORT [--streams FILE] [--folder DIR] [--commands N] [FIGURE ...]\n";
  list(kKafkaSubjects);
  return text;
}

/// Thousands of subscribers are as many open files, here and in the server.
void allow_many_files() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

std::size_t count_of(std::string_view option, std::string_view text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  require(error == std::errc{} && end == text.data() + text.size() && count > 0,
          std::string(option) + " wants a number above 0");
  return count;
}

/// Takes the options out; what is left are names of figures.
std::vector<std::string_view> read_options(int argc, char** argv, Options& options) {
  std::vector<std::string_view> names;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with("--")) {
      names.push_back(argument);
      continue;
    }
    const std::string_view value = i + 1 < argc ? argv[++i] : "";
    if (argument == "--binary") {
      options.binary = value;
    } else if (argument == "--folder") {
      options.folder = value;
    } else if (argument == "--queues") {
      options.queues = value;
    } else if (argument == "--rows") {
      options.rows_large = count_of(argument, value);
    } else if (argument == "--kafka-brokers") {
      options.kafka = value;
    } else if (argument == "--streams") {
      options.streams = value;
    } else if (argument == "--commands") {
      options.kafka_commands = count_of(argument, value);
    } else {
      give_up(choices());
    }
  }
  return names;
}

std::span<const Subject> subjects_of(const Options& options) {
  if (!options.kafka.empty()) return kKafkaSubjects;
  if (!options.queues.empty()) return kQueueSubjects;
  return kSubjects;
}

std::vector<const Subject*> chosen(const std::vector<std::string_view>& names, std::span<const Subject> there) {
  std::vector<const Subject*> subjects;
  for (const auto& subject : there)
    if (names.empty() || std::find(names.begin(), names.end(), subject.name) != names.end())
      subjects.push_back(&subject);
  require(!subjects.empty() && (names.empty() || subjects.size() == names.size()), choices());
  return subjects;
}

}  // namespace

Site& Bench::site(std::size_t rows) {
  rest();
  auto& site = sites_[rows];
  if (!site) site = std::make_unique<Site>(options.binary, options.folder, rows);
  site->start();
  return *site;
}

void Bench::rest() {
  for (auto& [rows, site] : sites_) site->stop();
}

std::string size_text(std::size_t rows) {
  return rows % 1'000 == 0 ? std::to_string(rows / 1'000) + "k" : std::to_string(rows);
}

}  // namespace hub::bench

int main(int argc, char** argv) {
  using namespace hub::bench;
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_files();
  Options options;
  options.binary = std::filesystem::path(argv[0]).parent_path() / "computehub";
  options.folder = std::filesystem::temp_directory_path();
  const auto names = read_options(argc, argv, options);
  const auto subjects = chosen(names, subjects_of(options));
  Bench bench(std::move(options));
  for (const auto* subject : subjects) subject->measure(bench);
  bench.report.print_table();
}
