// Rows, lists, searches and figures of tasks, on the library: folding, and asking among many.
#include <functional>

#include "events/log/embedded_log.hpp"
#include "events/models/events.hpp"
#include "ops/bench/bench.hpp"
#include "projections/core/host.hpp"
#include "projections/models/queries.hpp"
#include "projections/stats/queries.hpp"
#include "projections/tasks/folding.hpp"
#include "projections/tasks/projection.hpp"
#include "projections/tasks/queries.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kCacheBytes = 16 << 20;
constexpr std::size_t kWriteBytes = 16 << 20;
constexpr std::size_t kModels = 16;
/// Tasks that are submitted with one batch; the batch behind it ends them.
constexpr std::size_t kTasksPerBatch = 128;
/// Batches that one fold takes, as under load.
constexpr std::size_t kBatchesPerFold = 4;
constexpr std::size_t kQueries = 300;
/// One of so many is left waiting; one of so many has the rare label.
constexpr std::size_t kWaiting = 10, kRare = 50'000;
constexpr std::int64_t kMicrosPerTask = 500'000;

/// Batches of one partition as the log gives them out, made on the way.
class Source {
 public:
  explicit Source(Instant start) : now_(start) {
    for (std::size_t i = 0; i < kModels; ++i) {
      models_.push_back(derive_id_on_shard(models::kModelPrefix, 0, "bench-model", static_cast<std::uint32_t>(i)));
      versions_.push_back(0);
    }
  }

  log::BatchPtr models() {
    for (std::size_t i = 0; i < kModels; ++i) {
      models::ModelCreated created;
      created.spec.name = "model-" + std::to_string(i);
      created.spec.type = "noop";
      created.status = models::Status::online;
      add({}, 0, i, models::Event(created));
    }
    return batch();
  }

  /// Half of them wait before they start; the next batch ends those that are not left waiting.
  log::BatchPtr submitted(std::size_t first) {
    for (auto number = first; number < first + kTasksPerBatch; ++number) {
      now_.micros += kMicrosPerTask;
      tasks::TaskSubmitted event;
      event.task_type = "text-generation";
      event.input.text = "\"v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"";
      event.priority = static_cast<std::int32_t>(1 + number % 3);
      event.timeout = seconds(300);
      event.max_retries = 3;
      event.retry_delay = seconds(60);
      event.owner = "user:ada";
      if (number % kRare == 7) event.labels["team"] = "rare";
      event.starts = number % 2 == 0;
      add(task(number), 1, number % kModels, models::Event(event));
    }
    return batch();
  }
  log::BatchPtr ended(std::size_t first) {
    for (auto number = first; number < first + kTasksPerBatch; ++number) {
      if (number % kWaiting == 1) continue;
      Version version = 1;
      if (number % 2 != 0) {
        tasks::TaskStarted started;
        started.attempt = 1;
        add(task(number), ++version, number % kModels, models::Event(started));
      }
      tasks::TaskCompleted event;
      event.end.attempt = 1;
      event.end.outcome = "completed";
      event.end.node = "embedded";
      event.end.ended_at = now_;
      event.result.text = "\"v1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\"";
      event.usage = {20, 10, 30};
      add(task(number), ++version, number % kModels, models::Event(event));
    }
    return batch();
  }

  static std::string task(std::size_t number) {
    return derive_id_on_shard(tasks::kTaskPrefix, 0, "bench-task", static_cast<std::uint32_t>(number));
  }
  const std::string& model(std::size_t number) const { return models_[number]; }
  Instant now() const { return now_; }
  std::size_t events() const { return seq_; }

 private:
  void add(const std::string& task, Version version, std::size_t model, const models::Event& event) {
    log::Record record;
    record.seq = ++seq_;
    record.type = models::type_of_event(event);
    record.time = now_;
    record.actor = "user:ada";
    record.organisation = record.project = "default";
    record.data = models::encode_event(event);
    record.entity = task.empty() ? models_[model] : task;
    record.version = task.empty() ? ++versions_[model] : version;
    if (!task.empty()) {
      record.parent = models_[model];
      record.parent_version = ++versions_[model];
    }
    records_.push_back(std::move(record));
  }

  log::BatchPtr batch() {
    auto made = std::make_shared<log::Batch>();
    made->end.first = seq_ + 1 - records_.size();
    made->end.last = seq_;
    made->end.count = static_cast<std::uint32_t>(records_.size());
    made->end.index_time = now_;
    made->records = std::exchange(records_, {});
    return made;
  }

  Instant now_;
  std::vector<std::string> models_;
  std::vector<Version> versions_;
  std::vector<log::Record> records_;
  Seq seq_ = 0;
};

void ask(Bench& bench, const std::string& name, const std::function<void(std::size_t)>& query) {
  Latencies latencies(kQueries);
  const auto cpu = own_cpu_seconds();
  const auto start = Clock::now();
  for (std::size_t i = 0; i < kQueries; ++i) {
    const auto begun = Clock::now();
    query(i);
    latencies.add(Clock::now() - begun);
  }
  Figure figure{name, static_cast<double>(kQueries) / seconds_since(start), "1/s", kQueries, {}, {}};
  figure.cpu_us = (own_cpu_seconds() - cpu) / static_cast<double>(kQueries) * 1e6;
  bench.report.add(std::move(figure), latencies);
}

void ask_lists(Bench& bench, const projections::Store& store, const Source& source, const std::string& size) {
  const auto list = [&](const std::string& name,
                        const std::function<void(task_rows::ListQuery&, std::size_t)>& change) {
    ask(bench, name + "." + size, [&](std::size_t i) {
      task_rows::ListQuery query;
      query.projects = {"default"};
      change(query, i);
      require(task_rows::list_page(store.view(), query).has_value(), "a list is refused");
    });
  };
  list("task_list", [](auto& query, std::size_t i) { query.page = static_cast<std::uint32_t>(1 + i % 400); });
  list("task_list_status", [&](auto& query, std::size_t i) {
    query.status = i % 2 == 0 ? tasks::Status::pending : tasks::Status::completed;
    if (i % 3 == 0) query.model = source.model(i % kModels);
  });
  list("task_list_page_max", [](auto& query, std::size_t) { query.page_size = projections::kPageSizeMax; });
  list("task_search_name", [](auto& query, std::size_t i) { query.text = "model-" + std::to_string(i % kModels); });
  list("task_search_label", [](auto& query, std::size_t) { query.text = "rare"; });
  list("task_search_none", [](auto& query, std::size_t) { query.text = "nobody has this"; });
}

}  // namespace

void measure_task_reads(Bench& bench) {
  bench.rest();
  const Folder folder(bench.options.folder);
  const auto rows = bench.options.rows_large / kTasksPerBatch * kTasksPerBatch;
  log::EmbeddedOptions options;
  options.folder = folder.path() / "log";
  const auto log = log::open_embedded_log(options).value();
  const auto projection = task_rows::make_projection();
  auto store = projections::Store::open(folder.path() / "rows", projections::make_resources(kCacheBytes, kWriteBytes),
                                        projections::Store::Mode::write)
                   .value();
  projections::Host host(*projection, *log, store);
  Source source({1'772'366'400'000'000});
  require(host.feed(source.models()).has_value(), "a batch is refused");
  double spent = 0, cpu = 0;
  std::size_t batches = 0;
  const auto feed = [&](const log::BatchPtr& batch) {
    const auto cpu_before = own_cpu_seconds();
    const auto start = Clock::now();
    require(host.feed(batch).has_value(), "a batch is refused");
    if (++batches % kBatchesPerFold == 0) host.commit();
    spent += seconds_since(start);
    cpu += own_cpu_seconds() - cpu_before;
  };
  for (std::size_t first = 0; first < rows; first += kTasksPerBatch) {
    feed(source.submitted(first));
    feed(source.ended(first));
  }
  host.commit();
  const auto events = source.events();
  const auto size = size_text(bench.options.rows_large);
  Figure fold{"task_fold", static_cast<double>(events) / spent, "events/s", events, {}, {}};
  fold.cpu_us = cpu / static_cast<double>(events) * 1e6;
  bench.report.add(std::move(fold));
  host.flush(true);
  ask_lists(bench, *store, source, size);
  ask(bench, "task_get_waiting." + size, [&](std::size_t i) {
    const auto view = store->view();
    // One that waits, from the front of the queue to its end.
    const auto number = rows / kQueries * i / kWaiting * kWaiting + 1;
    auto found = task_rows::find(view, Source::task(number));
    require(found && found.value(), "a task is not there");
    task_rows::item_of(view, std::move(*found.value()), source.now());
  });
  const std::vector<std::string> projects{"default"};
  ask(bench, "task_dashboard." + size, [&](std::size_t) { stats::dashboard(store->view(), projects, source.now()); });
}

}  // namespace hub::bench
