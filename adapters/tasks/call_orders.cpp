#include "adapters/tasks/call_orders.hpp"

#include "adapters/models/settings_json.hpp"
#include "events/core/json_codec.hpp"
#include "events/models/events.hpp"

namespace hub::models {
namespace {

/// Models whose descriptions are kept at hand.
constexpr std::size_t kKnownMax = 4'096;

Failure corrupt(std::string_view what) {
  return internal_failure("log.corrupt", std::string(what));
}

}  // namespace

Result<CallOrders::Target> CallOrders::target(const std::string& model, std::uint64_t spec) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(model);
    if (found != known_.end() && found->second.spec >= spec) return found->second.target;
  }
  HUB_TRY(auto known, read(model));
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kKnownMax) known_.clear();
  auto target = known.target;
  known_.insert_or_assign(model, std::move(known));
  return target;
}

Result<CallOrders::Known> CallOrders::read(const std::string& model) const {
  HUB_TRY(const auto row, state_.entity(model));
  if (!row) return corrupt("a model without a row");
  HUB_TRY(const auto state, Model::decode_state(row->state));
  HUB_TRY(auto target, target_of(*row, state.spec));
  return Known{state.spec_number, std::move(target)};
}

Result<CallOrders::Target> CallOrders::target(const std::string& model, const tasks::Loan& loan) const {
  HUB_TRY(const auto row, state_.entity(model));
  if (!row) return corrupt("a model without a row");
  HUB_TRY(const auto spec, from_json<Spec>(loan.spec.text, ReadMode::lenient));
  auto target = target_of(*row, spec);
  if (!target) return Failure{FailureKind::unavailable, target.error().code, target.error().detail, "", 0};
  return target;
}

Result<CallOrders::Target> CallOrders::target_of(const engine::EntityRow& row, const Spec& spec) const {
  auto target = std::make_shared<CallTarget>();
  target->organisation = row.organisation;
  target->project = row.project;
  target->noop = spec.type == kNoopType;
  if (!target->noop) {
    HUB_TRY(target->settings, calls::settings_of(spec.type, spec.settings.text));
  }
  if (spec.api_key) {
    HUB_TRY(target->api_key, open_key_(target->organisation, target->project, *spec.api_key));
  }
  return target;
}

Result<calls::Request> CallOrders::request(const CallTarget& target, const std::string& task) const {
  HUB_TRY(const auto first, log_.history(task, 1, 1));
  if (first.empty()) return corrupt("the first event of a task is missing");
  const auto& record = first.front().record;
  HUB_TRY(const auto event, decode_event(record.type, record.data, {}));
  const auto* submitted = std::get_if<tasks::TaskSubmitted>(&event);
  if (submitted == nullptr) return corrupt("the first event of a task is no submission");
  const auto type = calls::task_type_of(submitted->task_type);
  if (!type) return corrupt("a task of an unknown type");
  HUB_TRY(const auto input, open_input_(task, submitted->input.text));
  return calls::make_request(target.settings, target.api_key, *type, input);
}

}  // namespace hub::models
