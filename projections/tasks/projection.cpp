#include "projections/tasks/projection.hpp"

#include "events/models/events.hpp"
#include "projections/tasks/folding.hpp"

namespace hub::task_rows {
namespace {

// Raised when rows or keys change their shape, or the fold its meaning: a new folder is then built from the log.
constexpr std::uint32_t kProjectionVersion = 2;

class TasksProjection final : public projections::Projection {
 public:
  std::string_view name() const override { return "tasks"; }
  std::uint32_t version() const override { return kProjectionVersion; }
  bool concerns(const log::Record& record) const override {
    if (record.kind != log::RecordKind::event || !is_id(record.entity)) return false;
    const auto prefix = prefix_of(record.entity);
    return prefix == tasks::kTaskPrefix || prefix == models::kModelPrefix;
  }
  std::unique_ptr<projections::Folding> fold(const projections::Store& store) const override {
    return std::make_unique<TasksFolding>(store);
  }
};

}  // namespace

std::shared_ptr<const projections::Projection> make_projection() {
  return std::make_shared<const TasksProjection>();
}

}  // namespace hub::task_rows
