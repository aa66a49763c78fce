#pragma once
#include <optional>
#include <string>
#include <unordered_map>

#include "projections/core/projection.hpp"
#include "projections/core/store.hpp"
#include "projections/stats/figures.hpp"
#include "projections/tasks/keys.hpp"
#include "projections/tasks/view.hpp"

namespace hub::task_rows {

/// One fold of models and tasks: each row is read once, changed in memory, and written once with what follows from it.
class TasksFolding final : public projections::Folding {
 public:
  explicit TasksFolding(const projections::Store& store) : store_(store) {}

  Result<void> apply(const projections::Recorded& recorded) override;
  void finish(projections::Rows& rows) override;

 private:
  /// What indexes and sums of a task follow from.
  struct Standpoint {
    tasks::Status status = tasks::Status::pending;
    std::uint64_t order = 0;
    Instant due;
    std::uint64_t wakings = 0;
    bool operator==(const Standpoint&) const = default;
  };
  struct TaskEntry {
    std::optional<View> view;
    std::optional<Standpoint> before;  ///< as the store has it
    bool touched = false;
  };
  /// What figures count of a task.
  struct Counted {
    std::optional<tasks::Status> status;
    std::int64_t tokens = 0;
    std::int64_t cost_usd_micro = 0;
    bool operator==(const Counted&) const = default;
  };
  struct FiguresEntry {
    stats::Figures figures;
    bool touched = false;
  };
  /// The figures of one hour that an event concerns.
  struct Hour {
    FiguresEntry* project = nullptr;
    FiguresEntry* model = nullptr;
  };
  struct ModelEntry {
    model_rows::View view;
    bool listed = false;  ///< as the store has it …
    std::string name;     ///< … by this name
    bool touched = false;
    Hour hour;  ///< that of the event before
    std::int64_t hour_number = 0;
    std::string hour_of;  ///< project
  };

  Result<void> apply_task(const projections::Recorded& recorded);
  Result<void> apply_model(const projections::Recorded& recorded);
  /// `is_new`: its first event is folded, so there is no row of it yet.
  Result<TaskEntry*> task(const std::string& id, bool is_new);
  Result<ModelEntry*> model(const std::string& id);
  Result<Hour> hour(ModelEntry& model, const std::string& project, Instant at);
  Result<FiguresEntry*> figures(std::string key);
  static Counted counted_of(const std::optional<View>& view);
  static void move(const Counted& before, const Counted& after, FiguresEntry& entry);
  static void end(const View& view, const Counted& before, const Counted& after, FiguresEntry& entry);
  static void observe(std::int64_t pending, FiguresEntry& entry);
  static Standpoint standpoint_of(const View& view);
  static void finish(projections::Rows& rows, const TaskEntry& entry);
  static void finish(projections::Rows& rows, const ModelEntry& entry);

  const projections::Store& store_;
  std::unordered_map<std::string, TaskEntry> tasks_;
  std::unordered_map<std::string, ModelEntry> models_;
  std::unordered_map<std::string, FiguresEntry> figures_;
};

/// The row of a task as a store has it; none when it has none. Fails: internal `projection.corrupt`.
template <class Rows>
Result<std::optional<View>> find(const Rows& rows, std::string_view id) {
  const auto link = rows.get(id_key(id));
  if (!link) return std::optional<View>();
  HUB_TRY(const auto home, decode_home(*link));
  const auto row = rows.get(row_key(home.project, home.created_at, id));
  if (!row) return internal_failure("projection.corrupt", "a link leads to no row");
  HUB_TRY(auto view, decode_row(*row, id, home.project, home.created_at));
  return std::optional<View>(std::move(view));
}

}  // namespace hub::task_rows
