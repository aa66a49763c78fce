#include "projections/tasks/folding.hpp"

#include <algorithm>

#include "projections/core/rows.hpp"
#include "projections/models/keys.hpp"

namespace hub::task_rows {
namespace {

using projections::RowChange;
using projections::Rows;

struct LineEntry {
  std::string key;
  std::string value;
  bool operator==(const LineEntry&) const = default;
};

/// Where it stands among those that wait.
template <class Standpoint>
LineEntry line_entry(const View& view, const Standpoint& at) {
  if (!at.due.is_set()) return {line_key(kReadyTable, view.model, view.priority, at.order), {}};
  return {line_key(kTimedTable, view.model, view.priority, at.order), encode_wait({at.due, at.wakings})};
}

std::string with_place(std::string key, const View& view) {
  projections::append_place(key, view.created_at, view.id);
  return key;
}
std::string status_key(const View& view, tasks::Status status) {
  return with_place(status_prefix(view.project, status), view);
}
std::string model_key(const View& view, tasks::Status status) {
  return with_place(model_prefix(view.project, view.model, status), view);
}

std::string list_key(const model_rows::View& model) {
  auto key = model_rows::list_prefix(model.project);
  projections::append_place(key, model.created_at, model.id);
  return key;
}

}  // namespace

Result<void> TasksFolding::apply(const projections::Recorded& recorded) {
  return prefix_of(recorded.record.entity) == tasks::kTaskPrefix ? apply_task(recorded) : apply_model(recorded);
}

Result<void> TasksFolding::apply_task(const projections::Recorded& recorded) {
  const auto& record = recorded.record;
  if (!is_id(record.parent)) return internal_failure("projection.version_gap", "a task without a model");
  HUB_TRY(auto* of, task(record.entity, record.version == 1));
  HUB_TRY(auto* parent, model(record.parent));
  const auto before = counted_of(of->view);
  const auto& project = of->view ? of->view->project : record.project;
  HUB_TRY(const auto made, hour(*parent, project, of->view ? of->view->created_at : record.time));
  HUB_TRY(const auto now, hour(*parent, project, record.time));
  HUB_TRY(task_rows::apply(of->view, parent->view, recorded));
  of->touched = true;
  parent->touched = true;
  const auto after = counted_of(of->view);
  for (auto* figures : {made.project, made.model}) move(before, after, *figures);
  if (after.status != before.status)
    for (auto* figures : {now.project, now.model}) end(*of->view, before, after, *figures);
  observe(parent->view.pending(), *now.model);
  return success();
}

Result<void> TasksFolding::apply_model(const projections::Recorded& recorded) {
  HUB_TRY(auto* entry, model(recorded.record.entity));
  HUB_TRY(model_rows::apply(entry->view, recorded));
  entry->touched = true;
  return success();
}

Result<TasksFolding::Hour> TasksFolding::hour(ModelEntry& model, const std::string& project, Instant at) {
  const auto number = stats::hour_of(at);
  // Nearly always the same one as before.
  if (model.hour.project != nullptr && model.hour_number == number && model.hour_of == project) return model.hour;
  HUB_TRY(auto* of_project, figures(stats::figures_key(stats::Scope::project, project, number)));
  HUB_TRY(auto* of_model, figures(stats::figures_key(stats::Scope::model, model.view.id, number)));
  model.hour = {of_project, of_model};
  model.hour_number = number;
  model.hour_of = project;
  return model.hour;
}

Result<TasksFolding::FiguresEntry*> TasksFolding::figures(std::string key) {
  const auto found = figures_.find(key);
  if (found != figures_.end()) return &found->second;
  FiguresEntry entry;
  if (const auto row = store_.get(key)) {
    HUB_TRY(entry.figures, stats::decode(*row));
  }
  return &figures_.emplace(std::move(key), std::move(entry)).first->second;
}

TasksFolding::Counted TasksFolding::counted_of(const std::optional<View>& view) {
  if (!view) return {};
  return {view->status, view->usage.total_tokens, view->cost_usd_micro};
}

void TasksFolding::move(const Counted& before, const Counted& after, FiguresEntry& entry) {
  if (before == after) return;
  auto& submitted = entry.figures.submitted;
  if (before.status) --submitted.by_status[static_cast<std::size_t>(*before.status)];
  ++submitted.by_status[static_cast<std::size_t>(*after.status)];
  submitted.tokens += after.tokens - before.tokens;
  submitted.cost_usd_micro += after.cost_usd_micro - before.cost_usd_micro;
  entry.touched = true;
}

void TasksFolding::end(const View& view, const Counted& before, const Counted& after, FiguresEntry& entry) {
  auto& ended = entry.figures.ended;
  if (after.status == tasks::Status::cancelled) {
    ++ended.cancelled;
  } else if (after.status == tasks::Status::completed || after.status == tasks::Status::failed) {
    ++(after.status == tasks::Status::completed ? ended.completed : ended.failed);
    ended.tokens += after.tokens - before.tokens;
    ended.cost_usd_micro += after.cost_usd_micro - before.cost_usd_micro;
    ended.wait.add(view.waited.micros);
    if (!view.attempts.empty()) ended.run.add((view.attempts.back().ended_at - view.attempts.back().started_at).micros);
  } else {
    return;
  }
  entry.touched = true;
}

void TasksFolding::observe(std::int64_t pending, FiguresEntry& entry) {
  auto& depth = entry.figures.depth;
  depth.last = pending;
  depth.most = std::max(depth.most, pending);
  entry.touched = true;
}

Result<TasksFolding::TaskEntry*> TasksFolding::task(const std::string& id, bool is_new) {
  const auto found = tasks_.find(id);
  if (found != tasks_.end()) return &found->second;
  TaskEntry entry;
  if (!is_new) {
    HUB_TRY(entry.view, task_rows::find(store_, id));
  }
  if (entry.view) entry.before = standpoint_of(*entry.view);
  return &tasks_.emplace(id, std::move(entry)).first->second;
}

Result<TasksFolding::ModelEntry*> TasksFolding::model(const std::string& id) {
  const auto found = models_.find(id);
  if (found != models_.end()) return &found->second;
  ModelEntry entry;
  entry.view.id = id;
  if (const auto row = store_.get(model_rows::row_key(id))) {
    HUB_TRY(entry.view, model_rows::decode_row(*row));
    entry.listed = entry.view.known && !entry.view.deleted;
    entry.name = entry.view.name;
  }
  return &models_.emplace(id, std::move(entry)).first->second;
}

TasksFolding::Standpoint TasksFolding::standpoint_of(const View& view) {
  return {view.status, view.order, view.due, view.wakings};
}

void TasksFolding::finish(Rows& rows) {
  for (const auto& [id, entry] : tasks_)
    if (entry.touched) finish(rows, entry);
  for (const auto& [id, entry] : models_)
    if (entry.touched) finish(rows, entry);
  for (const auto& [key, entry] : figures_)
    if (entry.touched) rows.put(key, stats::encode(entry.figures));
}

// Only the difference to what the store holds is written, so what was born and died in this fold never is.
void TasksFolding::finish(Rows& rows, const TaskEntry& entry) {
  const auto& view = *entry.view;
  const auto now = standpoint_of(view);
  const auto& before = entry.before;
  if (!before) rows.put(id_key(view.id), encode_home(view.created_at, view.project));
  if (!before || before->status != now.status) {
    if (before) {
      rows.remove(status_key(view, before->status));
      rows.remove(model_key(view, before->status));
      rows.add(stats::sum_key(view.project, before->status), -1);
    }
    rows.put(status_key(view, now.status), {});
    rows.put(model_key(view, now.status), {});
    rows.add(stats::sum_key(view.project, now.status), 1);
  }
  if (before != now) {
    const bool waited = before && before->status == tasks::Status::pending;
    const auto left = waited ? line_entry(view, *before) : LineEntry{};
    const auto taken = now.status == tasks::Status::pending ? line_entry(view, now) : LineEntry{};
    if (left.key != taken.key && !left.key.empty()) rows.remove(left.key);
    if (left != taken && !taken.key.empty()) rows.put(taken.key, taken.value);
  }
  rows.put(row_key(view.project, view.created_at, view.id), encode_row(view));
  rows.changed({view.id, view.project, RowChange::Op::put, nullptr, view.position});
}

void TasksFolding::finish(Rows& rows, const ModelEntry& entry) {
  const auto& view = entry.view;
  const bool listed = view.known && !view.deleted;
  const auto name_key = [&](const std::string& name) { return model_rows::name_prefix(view.project, name) + view.id; };
  if (entry.listed && (!listed || entry.name != view.name)) rows.remove(name_key(entry.name));
  if (listed && (!entry.listed || entry.name != view.name)) rows.put(name_key(view.name), {});
  if (listed != entry.listed) {
    listed ? rows.put(list_key(view), {}) : rows.remove(list_key(view));
    rows.add(model_rows::sum_key(view.project), listed ? 1 : -1);
  }
  rows.put(model_rows::row_key(view.id), model_rows::encode_row(view));
  if (view.known)
    rows.changed(
        {view.id, view.project, view.deleted ? RowChange::Op::remove : RowChange::Op::put, nullptr, view.position});
}

}  // namespace hub::task_rows
