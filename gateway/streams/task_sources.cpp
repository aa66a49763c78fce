#include "gateway/streams/task_sources.hpp"

#include <numeric>

#include "events/core/json.hpp"
#include "gateway/streams/row_streams.hpp"
#include "gateway/streams/task_streams.hpp"
#include "projections/models/queries.hpp"
#include "projections/stats/queries.hpp"
#include "projections/tasks/folding.hpp"
#include "projections/tasks/queries.hpp"

namespace hub::streams {
namespace {

using accounts::Principal;

constexpr std::string_view kPrefix = "tasks/";

class Source : public live::StreamSource {
 public:
  Source(projections::Feed& feed, log::Log& log) : feed_(feed), log_(log) {}
  Result<void> authorise(const Principal&, std::string_view) override { return success(); }

 protected:
  projections::Feed& feed_;
  log::Log& log_;
};

class TaskListSource final : public Source {
 public:
  using Source::Source;

  Result<live::Opening> open(std::string_view, const Principal& principal,
                             const std::optional<Cursor>& after) override {
    await_others(log_, feed_.progress(), after);
    const auto store = feed_.store();
    const auto rows = store->view();
    if (after) {
      if (auto opening = recover(rows, principal, *after)) return std::move(*opening);
    }
    task_rows::ListQuery query;
    query.projects = projects_of(principal);
    query.page_size = kSnapshotRows;
    HUB_TRY(const auto list, task_rows::list_page(rows, query));
    return opened_list(list);
  }

 private:
  std::optional<live::Opening> recover(const projections::StoreView& rows, const Principal& principal,
                                       const Cursor& after) {
    const auto now = rows.cursor();
    if (!fits(after, now)) return std::nullopt;
    const auto ids = changed_since(log_, tasks::kTaskPrefix, after, now, kMissedRecordsMax);
    if (!ids) return std::nullopt;
    ListItems items(rows);
    return recovered_list(*ids, after, now, [&](const std::string& id) -> std::optional<Shown> {
      const auto found = task_rows::find(rows, id);
      if (!found || !found.value() || !principal.may(accounts::Role::viewer, found.value()->project))
        return std::nullopt;
      return Shown{*items.task(id), found.value()->position, false};
    });
  }
};

class TaskSource final : public Source {
 public:
  TaskSource(projections::Feed& feed, log::Log& log, std::function<void(const std::string&, bool)> watch)
      : Source(feed, log), tasks_(feed, log), watch_(std::move(watch)) {}

  Result<void> authorise(const Principal& principal, std::string_view name) override {
    HUB_TRY(const auto task, tasks_.view(id_of(name)));
    if (!principal.may(accounts::Role::viewer, task.project)) return no_such();
    return success();
  }

  Result<live::Opening> open(std::string_view name, const Principal& principal,
                             const std::optional<Cursor>& after) override {
    HUB_TRY(authorise(principal, name));
    await_others(log_, feed_.progress(), after);
    Cursor cursor;
    HUB_TRY(auto item, now(id_of(name), cursor));
    return opened_row(std::move(cursor), item.view.position, std::move(item.json), after);
  }

  void opened(std::string_view name) override { watch_(id_of(name), true); }
  void closed(std::string_view name) override { watch_(id_of(name), false); }

 private:
  static std::string id_of(std::string_view name) {
    return std::string(name.substr(std::min(kPrefix.size(), name.size())));
  }
  static Failure no_such() { return not_found("task.not_found", "there is no such task"); }

  /// The task as it is, and how far that is.
  Result<task_rows::Item> now(const std::string& id, Cursor& cursor) const {
    const auto store = feed_.store();
    const auto rows = store->view();
    cursor = rows.cursor();
    HUB_TRY(auto found, task_rows::find(rows, id));
    if (!found) return tasks_.get(id, wall_now());
    return task_rows::item_of(rows, std::move(*found), wall_now());
  }

  task_rows::Tasks tasks_;
  std::function<void(const std::string&, bool)> watch_;
};

/// One whose snapshots are small: a resume gets one, unless nothing has happened at all.
class SnapshotSource : public Source {
 public:
  using Source::Source;

  Result<live::Opening> open(std::string_view, const Principal& principal,
                             const std::optional<Cursor>& after) override {
    await_others(log_, feed_.progress(), wanted(after));
    const auto store = feed_.store();
    const auto rows = store->view();
    live::Opening opening;
    opening.cursor = cursor_of(rows.cursor());
    opening.recovered = after == opening.cursor;
    if (!opening.recovered) {
      HUB_TRY(opening.snapshot, snapshot(rows, principal));
    }
    return opening;
  }

 protected:
  virtual Cursor cursor_of(const Cursor& folded) const { return folded; }
  virtual std::optional<Cursor> wanted(const std::optional<Cursor>& after) const { return after; }
  virtual Result<std::string> snapshot(const projections::StoreView& rows, const Principal& principal) const = 0;
};

class ModelListSource final : public SnapshotSource {
 public:
  using SnapshotSource::SnapshotSource;

 protected:
  Result<std::string> snapshot(const projections::StoreView& rows, const Principal& principal) const override {
    model_rows::ListQuery query;
    query.projects = projects_of(principal);
    query.page_size = kSnapshotRows;
    HUB_TRY(const auto list, model_rows::list_page(rows, query));
    return list_json(list);
  }
};

class StatsSource final : public SnapshotSource {
 public:
  using SnapshotSource::SnapshotSource;

 protected:
  Cursor cursor_of(const Cursor& folded) const override { return stats_cursor(folded); }
  std::optional<Cursor> wanted(const std::optional<Cursor>&) const override { return std::nullopt; }
  Result<std::string> snapshot(const projections::StoreView& rows, const Principal& principal) const override {
    std::string items = "[";
    for (const auto& project : projects_of(principal)) {
      if (items.back() != '[') items += ',';
      items += project_stats(rows, project, wall_now());
    }
    return "{\"items\":" + items + "]}";
  }
};

}  // namespace

std::optional<std::string> ListItems::task(const std::string& id) {
  const auto found = task_rows::find(rows_, id);
  if (!found || !found.value()) return std::nullopt;
  const auto& task = *found.value();
  const auto [place, fresh] = models_.try_emplace(task.model);
  if (fresh) place->second = model_rows::find(rows_, task.model).value_or(model_rows::View{});
  std::string json;
  append_answer(json, task, place->second.name, {pending_reason(task, place->second), std::nullopt, {}});
  return json;
}

std::optional<std::string> ListItems::model(const std::string& id) {
  const auto found = model_rows::find(rows_, id);
  if (!found) return std::nullopt;
  return to_answer(*found);
}

Cursor stats_cursor(const Cursor& folded) {
  return {folded.incarnation, {std::accumulate(folded.seqs.begin(), folded.seqs.end(), std::uint64_t{0})}};
}

std::string project_stats(const projections::StoreView& rows, const std::string& project, Instant now) {
  return "{\"project\":" + json_string(project) + "," + stats::dashboard(rows, {project}, now).substr(1);
}

std::shared_ptr<live::StreamSource> make_task_list_source(projections::Feed& feed, log::Log& log) {
  return std::make_shared<TaskListSource>(feed, log);
}
std::shared_ptr<live::StreamSource> make_task_source(projections::Feed& feed, log::Log& log,
                                                     std::function<void(const std::string& id, bool watched)> watch) {
  return std::make_shared<TaskSource>(feed, log, std::move(watch));
}
std::shared_ptr<live::StreamSource> make_model_list_source(projections::Feed& feed, log::Log& log) {
  return std::make_shared<ModelListSource>(feed, log);
}
std::shared_ptr<live::StreamSource> make_stats_source(projections::Feed& feed, log::Log& log) {
  return std::make_shared<StatsSource>(feed, log);
}

}  // namespace hub::streams
