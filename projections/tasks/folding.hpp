#pragma once
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "projections/core/projection.hpp"
#include "projections/core/store.hpp"
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
  struct ModelEntry {
    model_rows::View view;
    bool listed = false;  ///< as the store has it …
    std::string name;     ///< … by this name
    bool touched = false;
  };

  Result<void> apply_task(const projections::Recorded& recorded);
  Result<void> apply_model(const projections::Recorded& recorded);
  Result<TaskEntry*> task(const std::string& id);
  Result<ModelEntry*> model(const std::string& id);
  static Standpoint standpoint_of(const View& view);
  static void finish(projections::Rows& rows, const TaskEntry& entry);
  static void finish(projections::Rows& rows, const ModelEntry& entry);

  const projections::Store& store_;
  std::unordered_map<std::string, TaskEntry> tasks_;
  std::unordered_map<std::string, ModelEntry> models_;
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
