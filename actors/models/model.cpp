#include "actors/models/model.hpp"

#include "actors/models/deciding.hpp"
#include "actors/models/lending.hpp"
#include "events/core/json_codec.hpp"
#include "events/core/overloaded.hpp"

namespace hub::models {
namespace {

Result<Events> decide_change(const State& state, const ChangeModel& c) {
  Events events;
  auto spec = changed(state.spec, c.change);
  if (spec == state.spec) return events;
  auto outlook = outlook_of(state);
  outlook.max_workers = spec.max_workers;
  events.emplace_back(ModelChanged{std::move(spec)});
  give_slots(state, outlook, {}, events);
  return events;
}

Result<Events> decide_status(const State& state, const SetModelStatus& c) {
  Events events;
  if (c.status == state.status && !state.breaker.until) return events;
  events.emplace_back(ModelStatusSet{c.status});
  auto outlook = outlook_of(state);
  outlook.status = c.status;
  if (c.status == Status::online) outlook.breaker = {};
  give_slots(state, outlook, {}, events);
  return events;
}

Result<Events> decide_delete(const State& state) {
  if (state.pending > 0 || !state.calls.empty())
    return conflict("model.has_tasks", "tasks of this model wait or run: cancel them first");
  if (!state.lent.empty())
    return conflict("model.has_tasks", "tasks of a model that falls back to this one run on it: wait for their end");
  return Events{ModelDeleted{}};
}

/// What models have asked each other for is settled also behind the end of one.
Result<Events> decide_deleted(const State& state, const Command& command, const engine::Context& context) {
  if (const auto* grant = std::get_if<GrantSlot>(&command)) return decide_grant(state, *grant);
  if (const auto* ask = std::get_if<AskSlot>(&command)) return decide_ask(state, *ask);
  if (const auto* back = std::get_if<ReturnSlot>(&command)) return decide_return(state, *back, context);
  const bool is_late = std::holds_alternative<DeleteModel>(command) || std::holds_alternative<SeekSlots>(command) ||
                       std::holds_alternative<ReportLenderAway>(command);
  if (is_late) return Events{};
  return conflict("model.deleted", "the model is deleted");
}

}  // namespace

Result<Events> Model::decide(const State& state, const Command& command, const engine::Context& context) {
  if (const auto* create = std::get_if<CreateModel>(&command)) {
    if (state.exists) return conflict("model.already_exists", "this model exists already");
    return Events{ModelCreated{create->spec, create->status, create->names}};
  }
  if (!state.exists) return not_found("model.not_found", "no such model");
  if (state.deleted) return decide_deleted(state, command, context);
  return std::visit(overloaded{[&](const SubmitTasks& c) { return decide_submit(state, c, context); },
                               [&](const ReportCallEnded& c) { return decide_call_ended(state, c, context); },
                               [&](const Wake&) { return decide_wake(state, context); },
                               [&](const CancelTask& c) { return decide_cancel(state, c); },
                               [&](const RetryTask& c) { return decide_retry(state, c); },
                               [&](const CreateModel&) -> Result<Events> { return Events{}; },
                               [&](const ChangeModel& c) { return decide_change(state, c); },
                               [&](const SetModelStatus& c) { return decide_status(state, c); },
                               [&](const DeleteModel&) { return decide_delete(state); },
                               [&](const SeekSlots&) { return decide_seek(state); },
                               [&](const AskSlot& c) { return decide_ask(state, c); },
                               [&](const GrantSlot& c) { return decide_grant(state, c); },
                               [&](const ReportLenderAway& c) { return decide_lender_away(state, c); },
                               [&](const ReturnSlot& c) { return decide_return(state, c, context); }},
                    command);
}

std::vector<engine::Message> Model::react(const State& state, const Event& event, std::string_view entity) {
  auto messages = lending_messages(state, event, entity);
  if (std::holds_alternative<ModelDeleted>(event) && !state.names.empty())
    messages.push_back({state.names, std::string(FreeModelName::type), to_json(FreeModelName{std::string(entity)})});
  return messages;
}

engine::Part Model::part_of(const Event& event) {
  const auto* task = task_of(event);
  return task == nullptr ? engine::Part{} : engine::Part{task->task, task->version};
}

}  // namespace hub::models
