// Why a pending task does not run, and when it will.
#include <algorithm>

#include "projections/tasks/view.hpp"

namespace hub::task_rows {
namespace {

std::string with(std::string_view word, const std::string& detail) {
  return std::string(word) + " (" + detail + ")";
}

}  // namespace

std::string pending_reason(const View& view, const model_rows::View& model) {
  if (view.status != tasks::Status::pending) return {};
  if (is_delayed(view, model)) return with(view.attempts_total == 0 ? "delayed" : "retry", to_rfc3339(view.due));
  if (model.deleted || model.status != models::Status::online) return "model_offline";
  if (model.cool_until.is_set()) return with("cooling_down", to_rfc3339(model.cool_until));
  return with("no_free_slot", std::to_string(model.calls) + " of " + std::to_string(model.slots()));
}

Instant estimated_start(const View& view, const model_rows::View& model, std::uint64_t position, Instant now) {
  if (view.status != tasks::Status::pending || model.status != models::Status::online) return {};
  if (model.per_end.micros <= 0) return {};
  constexpr std::uint64_t kFarthest = 1'000'000;
  const auto ends = static_cast<std::int64_t>(std::min(position, kFarthest));
  const auto begin = std::max(now, model.cool_until);
  return begin + Duration{model.per_end.micros * ends};
}

}  // namespace hub::task_rows
