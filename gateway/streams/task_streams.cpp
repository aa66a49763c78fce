#include "gateway/streams/task_streams.hpp"

#include <pthread.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "events/models/events.hpp"
#include "gateway/streams/task_sources.hpp"
#include "projections/tasks/folding.hpp"
#include "projections/tasks/queries.hpp"

namespace hub::streams {
namespace {

using Clock = std::chrono::steady_clock;
using projections::RowChange;

constexpr std::string_view kTasks = "tasks", kModels = "models", kStats = "stats";

bool is_task(std::string_view id) {
  return id.starts_with(tasks::kTaskPrefix);
}

/// What changes without an event of the task.
std::string standing_of(const task_rows::Standing& standing) {
  return standing.pending_reason + "|" + (standing.position ? std::to_string(*standing.position) : "");
}

std::string zero_cursor(const log::Log& log) {
  return to_text(Cursor{log.incarnation(), std::vector<std::uint64_t>(log.partitions())});
}

}  // namespace

struct TaskStreams::State {
  /// One task that somebody watches.
  struct Watch {
    std::string model;
    bool pending = false;
    std::string standing;  ///< as it was told last
    std::string cursor;    ///< of that
  };

  void watch(const std::string& id, bool begins) {
    const std::lock_guard lock(mutex);
    if (!begins) {
      watched.erase(id);
      return;
    }
    // Who waits is told its place by the next round.
    watched.emplace(id, Watch{{}, false, {}, first_cursor});
  }

  explicit State(std::string cursor) : first_cursor(std::move(cursor)) {}

  const std::string first_cursor;
  std::mutex mutex;
  std::condition_variable wake;
  std::map<std::string, Watch> watched;
  std::set<std::string> changed_tasks;   ///< watched ones
  std::set<std::string> changed_models;  ///< since places were told
  std::set<std::string> changed_projects;
  bool stopping = false;
  std::uint64_t partials = 0;
};

TaskStreams::TaskStreams(live::Hub& hub, projections::Feed& feed, log::Log& log)
    : hub_(hub), feed_(feed), log_(log), state_(std::make_shared<State>(zero_cursor(log))) {
  hub_.add_source("tasks", make_task_list_source(feed, log));
  hub_.add_source("tasks/{id}", make_task_source(feed, log, [state = state_](const std::string& id, bool begins) {
                    state->watch(id, begins);
                  }));
  hub_.add_source("models", make_model_list_source(feed, log));
  hub_.add_source("stats", make_stats_source(feed, log));
  observer_ = feed_.observe([this](const projections::FoldResult& result) { folded(result); });
  thread_ = std::thread([this] { work(); });
  pthread_setname_np(thread_.native_handle(), "hub-tasks");
}

TaskStreams::~TaskStreams() {
  stop();
}

void TaskStreams::stop() {
  if (observer_ != 0) feed_.unobserve(observer_);
  observer_ = 0;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TaskStreams::folded(const projections::FoldResult& result) {
  publish_lists(result);
  note(result);
}

void TaskStreams::publish_lists(const projections::FoldResult& result) {
  const bool tasks_watched = hub_.watched(kTasks), models_watched = hub_.watched(kModels);
  if (!tasks_watched && !models_watched) return frames_.skip(result);
  const auto store = feed_.store();
  const auto rows = store->view();
  ListItems items(rows);
  frames_.each(result, [&](const RowChange& change, live::Frame frame) {
    const bool task = is_task(change.id);
    if (!(task ? tasks_watched : models_watched)) return;
    const auto item = task ? items.task(change.id) : items.model(change.id);
    if (!item) return;
    frame.data = change_json(change.op == RowChange::Op::put ? "put" : "delete", *item);
    hub_.publish(task ? kTasks : kModels, frame);
  });
}

void TaskStreams::note(const projections::FoldResult& result) {
  const bool stats_watched = hub_.watched(kStats);
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->watched.empty() && !stats_watched) return;
    for (const auto& change : result.changes) {
      if (stats_watched) state_->changed_projects.insert(change.project);
      if (!is_task(change.id))
        state_->changed_models.insert(change.id);
      else if (state_->watched.count(change.id) > 0)
        state_->changed_tasks.insert(change.id);
    }
  }
  state_->wake.notify_all();
}

// One thread tells what is told of one task, so that nothing older comes behind what is newer.
void TaskStreams::work() {
  auto due = Clock::now();
  std::unique_lock lock(state_->mutex);
  for (;;) {
    const auto has_late = [&] { return !state_->changed_models.empty() || !state_->changed_projects.empty(); };
    const auto is_awake = [&] { return state_->stopping || !state_->changed_tasks.empty(); };
    if (has_late())
      state_->wake.wait_until(lock, due, is_awake);
    else
      state_->wake.wait(lock, [&] { return is_awake() || has_late(); });
    if (state_->stopping) return;
    const auto tasks = std::exchange(state_->changed_tasks, {});
    const bool late = has_late() && Clock::now() >= due;
    const auto models = late ? std::exchange(state_->changed_models, {}) : std::set<std::string>();
    const auto projects = late ? std::exchange(state_->changed_projects, {}) : std::set<std::string>();
    lock.unlock();
    tell_tasks(tasks);
    if (late) {
      tell_places(models);
      tell_stats(projects);
      due = Clock::now() + kTellEvery;
    }
    lock.lock();
  }
}

void TaskStreams::tell_tasks(const std::set<std::string>& ids) {
  if (ids.empty()) return;
  const auto store = feed_.store();
  const auto rows = store->view();
  for (const auto& id : ids) publish_one(rows, id, true);
}

void TaskStreams::tell_places(const std::set<std::string>& models) {
  std::vector<std::string> waiting;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [id, watch] : state_->watched)
      if (watch.model.empty() || (watch.pending && models.count(watch.model) > 0)) waiting.push_back(id);
  }
  if (waiting.empty()) return;
  const auto store = feed_.store();
  const auto rows = store->view();
  for (const auto& id : waiting) publish_one(rows, id, false);
}

void TaskStreams::publish_one(const projections::StoreView& rows, const std::string& id, bool always) {
  auto found = task_rows::find(rows, id);
  if (!found || !found.value()) return;
  auto item = task_rows::item_of(rows, std::move(*found.value()), wall_now());
  const auto cursor = rows.cursor();
  const auto text = to_text(cursor);
  {
    const std::lock_guard lock(state_->mutex);
    const auto watch = state_->watched.find(id);
    if (watch == state_->watched.end()) return;
    auto& told = watch->second;
    auto standing = standing_of(item.standing);
    if (!always && told.standing == standing) return;
    told = {item.view.model, item.view.status == tasks::Status::pending, std::move(standing), text};
  }
  const auto partition = item.view.position.partition;
  hub_.publish("tasks/" + id,
               {{partition, cursor.seqs[partition]}, text, std::move(item.json), {}, item.view.project, id});
}

void TaskStreams::tell_stats(const std::set<std::string>& projects) {
  if (projects.empty() || !hub_.watched(kStats)) return;
  const auto store = feed_.store();
  const auto rows = store->view();
  const auto cursor = stats_cursor(rows.cursor());
  const auto before = std::exchange(stats_told_, cursor.seqs.front());
  std::size_t left = projects.size();
  for (const auto& project : projects) {
    // A client that has not all of them begins again before the first.
    const auto behind = --left == 0 ? cursor : Cursor{cursor.incarnation, {before}};
    hub_.publish(
        kStats,
        {{0, cursor.seqs.front()}, to_text(behind), project_stats(rows, project, wall_now()), {}, project, project});
  }
}

void TaskStreams::publish_partial(const std::string& task, const std::string& project, std::string data) {
  live::Frame frame;
  frame.data = std::move(data);
  frame.project = project;
  {
    const std::lock_guard lock(state_->mutex);
    const auto watch = state_->watched.find(task);
    if (watch == state_->watched.end()) return;
    // No number of the record: no cursor covers it.
    frame.mark = {log_.partitions(), ++state_->partials};
    frame.cursor = watch->second.cursor;
  }
  hub_.publish("tasks/" + task, frame);
}

}  // namespace hub::streams
