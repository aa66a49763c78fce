#pragma once
#include <deque>
#include <random>

#include "actors/models/model.hpp"
#include "actors/models/queue.hpp"
#include "projections/core/runner.hpp"
#include "projections/models/queries.hpp"
#include "projections/tasks/projection.hpp"
#include "projections/tasks/queries.hpp"
#include "tests/projections/memory_log.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::testing {

inline constexpr std::chrono::seconds kTaskDeadline{120};

/// Models that decide as they do in the engine; what they decide is written to a log.
class TaskLives {
 public:
  struct Life {
    std::string id;
    std::string project;
    models::State state;
    engine::CollectionRowsInMemory rows;
    Version version = 0;
    int submitted = 0;
    std::map<std::string, Version> versions;  ///< of its tasks
  };

  explicit TaskLives(MemoryLog& log, std::uint64_t seed = 1) : random_(seed), log_(log) {}

  /// Makes a model; number from 0.
  std::size_t add(models::Spec spec, models::Status status = models::Status::online,
                  const std::string& project = "default") {
    auto& life = lives_.emplace_back();
    life.id = derive_id(models::kModelPrefix, "model-" + std::to_string(lives_.size()), 0);
    life.project = project;
    life.state.collections.attach(&life.rows);
    const auto number = lives_.size() - 1;
    decide(number, models::CreateModel{std::move(spec), status, {}});
    return number;
  }

  Life& life(std::size_t number) { return lives_[number]; }
  std::size_t size() const { return lives_.size(); }
  std::string task(std::size_t model, int number) const {
    return derive_id_on_shard(tasks::kTaskPrefix, shard_of(lives_[model].id), lives_[model].id,
                              static_cast<std::uint32_t>(number));
  }
  models::NewTask new_task(std::size_t model, std::int32_t priority = 2) {
    models::NewTask made;
    made.task = task(model, ++lives_[model].submitted);
    made.task_type = "text-generation";
    made.input.text = "\"secret input\"";
    made.priority = priority;
    return made;
  }
  /// Submits one; its id.
  std::string submit(std::size_t model, models::NewTask made) {
    auto id = made.task;
    decide(model, models::SubmitTasks{{std::move(made)}, "user:ada"});
    return id;
  }
  std::string submit(std::size_t model, std::int32_t priority = 2) { return submit(model, new_task(model, priority)); }
  void end(std::size_t model, const std::string& task, models::Verdict verdict = models::Verdict::completed) {
    models::ReportCallEnded report;
    report.task = task;
    report.end.attempt = models::task_row(lives_[model].state, task)->attempts;
    report.verdict = verdict;
    report.end.outcome = verdict == models::Verdict::completed ? "completed" : "failed";
    report.end.code = verdict == models::Verdict::completed ? "" : "model.unreachable";
    report.end.detail = verdict == models::Verdict::completed ? "" : "nobody answers";
    report.end.node = "here";
    report.result.text = "{\"text\":\"secret result\"}";
    report.usage = {7, 5, 12};
    decide(model, report);
  }

  /// Number of events that were written.
  std::size_t decide(std::size_t number, const models::Command& command) {
    auto& life = lives_[number];
    engine::Context context;
    context.now = now;
    context.entity = life.id;
    const auto decided = models::Model::decide(life.state, command, context);
    if (!decided || decided.value().empty()) return 0;
    std::vector<log::Record> records;
    for (const auto& event : decided.value()) {
      models::Model::evolve(life.state, event);
      records.push_back(record_of(life, event));
    }
    life.rows.apply(life.state.collections.changes());
    life.state.collections.settled();
    const auto count = records.size();
    log_.write(partition_of(life.id, log_.partitions()), std::move(records), now);
    return count;
  }

  /// One random command to a random model, a little later.
  void step() {
    now = now + milliseconds(static_cast<std::int64_t>(draw(pause_ms_max)));
    const auto model = draw(lives_.size());
    auto& life = lives_[model];
    const auto kind = draw(100);
    if (kind < 45) return random_submit(model);
    if (kind < 80) return random_end(life, model);
    if (kind < 86) {
      decide(model, models::Wake{});
    } else if (kind < 91) {
      decide(model, models::CancelTask{any_task(model), "not wanted"});
    } else if (kind < 95) {
      decide(model, models::RetryTask{any_task(model)});
    } else if (kind < 98) {
      models::ChangeModel command;
      command.change.max_workers = static_cast<std::int32_t>(1 + draw(6));
      command.change.name = "renamed-" + std::to_string(draw(3));
      decide(model, command);
    } else {
      constexpr models::Status statuses[] = {models::Status::online, models::Status::online, models::Status::offline,
                                             models::Status::draining};
      decide(model, models::SetModelStatus{statuses[draw(4)]});
    }
  }

  std::size_t draw(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  std::string any_task(std::size_t model) {
    return task(model, static_cast<int>(1 + draw(static_cast<std::size_t>(lives_[model].submitted) + 1)));
  }

  Instant now{1'772'366'400'000'000};
  std::size_t pause_ms_max = 200;

 private:
  log::Record record_of(Life& life, const models::Event& event) {
    log::Record record;
    record.type = models::Model::event_type(event);
    record.time = now;
    record.actor = "user:ada";
    record.organisation = "default";
    record.project = life.project;
    record.data = models::Model::encode_event(event);
    if (const auto* task = models::task_of(event)) {
      record.entity = task->task;
      record.version = task->version;
      record.parent = life.id;
      record.parent_version = ++life.version;
      life.versions[task->task] = task->version;
    } else {
      record.entity = life.id;
      record.version = ++life.version;
    }
    return record;
  }

  void random_submit(std::size_t model) {
    models::SubmitTasks command;
    command.owner = "user:ada";
    const auto count = 1 + draw(4);
    for (std::size_t i = 0; i < count; ++i) {
      auto made = new_task(model, static_cast<std::int32_t>(1 + draw(3)));
      if (draw(5) == 0) made.run_at = now + milliseconds(static_cast<std::int64_t>(draw(20'000)));
      if (draw(3) == 0) made.labels["team"] = "t" + std::to_string(draw(4));
      command.tasks.push_back(std::move(made));
    }
    decide(model, command);
  }

  void random_end(Life& life, std::size_t model) {
    if (life.state.calls.empty()) return;
    const auto call = life.state.calls[draw(life.state.calls.size())];
    constexpr models::Verdict verdicts[] = {
        models::Verdict::completed,   models::Verdict::completed, models::Verdict::completed,
        models::Verdict::completed,   models::Verdict::retry,     models::Verdict::retry,
        models::Verdict::interrupted, models::Verdict::never,     models::Verdict::slow_down};
    end(model, call.task, verdicts[draw(std::size(verdicts))]);
  }

  std::mt19937_64 random_;
  MemoryLog& log_;
  std::deque<Life> lives_;
};

inline models::Spec model_spec(const std::string& name, std::int32_t workers = 2) {
  models::Spec spec;
  spec.name = name;
  spec.type = "noop";
  spec.settings.text = "{\"model\":\"tiny\"}";
  spec.max_workers = workers;
  spec.max_queue_size = 300;
  spec.task_defaults.max_retries = 2;
  spec.task_defaults.retry_delay = seconds(3);
  spec.price = {1'000'000, 2'000'000};
  return spec;
}

/// A runner with the projection "tasks" on a log.
struct TaskHub {
  TaskHub(log::Log& of, const std::filesystem::path& in)
      : log(of), runner(open(of, in)), models(feed(), of), tasks(feed(), of) {}

  static std::unique_ptr<projections::Runner> open(log::Log& log, const std::filesystem::path& folder) {
    projections::RunnerOptions options;
    options.folder = folder;
    options.resources = projections::make_resources(8U << 20U, 8U << 20U);
    auto opened = projections::Runner::open(log, std::move(options), {task_rows::make_projection()});
    HUB_ASSERT(opened);
    return std::move(opened).value();
  }

  projections::Feed& feed() const { return runner->feed("tasks"); }
  /// Waits until all that is written is folded.
  bool settle() const {
    Cursor head{log.incarnation(), {}};
    for (PartitionId i = 0; i < log.partitions(); ++i) head.seqs.push_back(log.head(i).seq);
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kTaskDeadline);
    return feed().progress().wait_for(head, patience).value();
  }

  log::Log& log;
  std::unique_ptr<projections::Runner> runner;
  model_rows::Models models;
  task_rows::Tasks tasks;
};

}  // namespace hub::testing
