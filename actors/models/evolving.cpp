// What each event does to a model's state.
#include <algorithm>

#include "actors/models/lending.hpp"
#include "actors/models/model.hpp"
#include "events/core/overloaded.hpp"

namespace hub::models {
namespace {

/// The newest is so much of the average: one part in …
constexpr std::int64_t kParts = 10;
/// A longer pause says no more about how fast the queue drains.
constexpr Duration kPauseMax = seconds(60);

TaskRow row_of(const State& state, const tasks::OfTask& task) {
  auto row = known_task_row(state, task.task);
  row.version = task.version;
  return row;
}

void begin_call(State& state, const std::string& task, TaskRow& row, const std::optional<tasks::Loan>& loan = {}) {
  row.status = tasks::Status::running;
  row.due.reset();
  row.seeks.reset();
  ++row.attempts;
  state.calls.push_back({task, row.attempts, row.timeout, false, loan});
  if (loan) evolve_borrowed(state, *loan);
}

void wait(State& state, const std::string& task, TaskRow& row) {
  row.status = tasks::Status::pending;
  enqueue(state, task, row);
  ++state.pending;
}

void end_call(State& state, const std::string& task, const tasks::AttemptEnd& end) {
  std::erase_if(state.calls, [&](const Call& call) { return call.task == task && call.attempt == end.attempt; });
  if (state.last_end.is_set()) {
    const auto pause = std::min(end.ended_at - state.last_end, kPauseMax);
    auto& average = state.per_end.micros;
    average = average == 0 ? pause.micros : average + (pause.micros - average) / kParts;
  }
  state.last_end = end.ended_at;
  state.breaker.failures = end.failures_in_a_row;
}

void evolve_submitted(State& state, const tasks::TaskSubmitted& e) {
  TaskRow row;
  row.version = e.version;
  row.priority = e.priority;
  row.order = ++state.submissions;
  row.max_retries = e.max_retries;
  row.timeout = e.timeout;
  row.retry_delay = e.retry_delay;
  row.due = e.run_at;
  if (e.starts)
    begin_call(state, e.task, row);
  else
    wait(state, e.task, row);
  put_task_row(state, e.task, row);
}

void evolve_started(State& state, const tasks::TaskStarted& e) {
  auto row = row_of(state, e);
  dequeue(state, row);
  --state.pending;
  begin_call(state, e.task, row, e.loan);
  put_task_row(state, e.task, row);
}

void evolve_attempt_failed(State& state, const tasks::TaskAttemptFailed& e) {
  auto row = row_of(state, e);
  row.retries = e.retries;
  row.due = e.retry_at;
  if (row.due) row.seeks = next_fallback(state, e.end.lender);
  end_call(state, e.task, e.end);
  wait(state, e.task, row);
  put_task_row(state, e.task, row);
}

template <class Fact>
void evolve_ended(State& state, const Fact& e, tasks::Status status) {
  auto row = row_of(state, e);
  row.status = status;
  end_call(state, e.task, e.end);
  put_task_row(state, e.task, row);
}

void evolve_cancelled(State& state, const tasks::TaskCancelled& e) {
  auto row = row_of(state, e);
  if (row.status == tasks::Status::running) {
    for (auto& call : state.calls)
      if (call.task == e.task && call.attempt == row.attempts) call.unwanted = true;
  } else {
    dequeue(state, row);
    row.seeks.reset();
    --state.pending;
  }
  row.status = tasks::Status::cancelled;
  put_task_row(state, e.task, row);
}

void evolve_call_ended(State& state, const tasks::TaskCallEnded& e) {
  const auto row = row_of(state, e);
  end_call(state, e.task, e.end);
  put_task_row(state, e.task, row);
}

void evolve_requeued(State& state, const tasks::TaskRequeued& e) {
  auto row = row_of(state, e);
  row.order = ++state.submissions;
  row.retries = 0;
  row.due.reset();
  if (e.starts)
    begin_call(state, e.task, row);
  else
    wait(state, e.task, row);
  put_task_row(state, e.task, row);
}

void describe(State& state, const Spec& spec) {
  state.spec = spec;
  ++state.spec_number;
}

void evolve_woken(State& state, const ModelWoken& e) {
  if (state.breaker.until && *state.breaker.until <= e.at) state.breaker.until.reset();
  make_ready(state, e.at);
}

void evolve_cooled_down(State& state, const ModelCooledDown& e) {
  if (!state.breaker.until) ++state.breaker.cool_downs;
  state.breaker.failures = 0;
  state.breaker.until = e.until;
}

}  // namespace

void Model::evolve(State& state, const Event& event) {
  std::visit(
      overloaded{[&](const tasks::TaskSubmitted& e) { evolve_submitted(state, e); },
                 [&](const tasks::TaskStarted& e) { evolve_started(state, e); },
                 [&](const tasks::TaskCompleted& e) {
                   if (!e.end.lender) succeed(state.breaker);
                   evolve_ended(state, e, tasks::Status::completed);
                 },
                 [&](const tasks::TaskAttemptFailed& e) { evolve_attempt_failed(state, e); },
                 [&](const tasks::TaskFailed& e) { evolve_ended(state, e, tasks::Status::failed); },
                 [&](const tasks::TaskCancelled& e) { evolve_cancelled(state, e); },
                 [&](const tasks::TaskCallEnded& e) { evolve_call_ended(state, e); },
                 [&](const tasks::TaskRequeued& e) { evolve_requeued(state, e); },
                 [&](const ModelCreated& e) {
                   state.exists = true;
                   state.names = e.names;
                   state.status = e.status;
                   describe(state, e.spec);
                 },
                 [&](const ModelChanged& e) { describe(state, e.spec); },
                 [&](const ModelStatusSet& e) {
                   state.status = e.status;
                   // Whoever switches it on wants it called.
                   if (e.status == Status::online) state.breaker = {};
                 },
                 [&](const ModelCooledDown& e) { evolve_cooled_down(state, e); },
                 [&](const ModelWoken& e) { evolve_woken(state, e); },
                 [&](const ModelDeleted&) { state.deleted = true; }, [&](const auto& e) { evolve_lending(state, e); }},
      event);
}

}  // namespace hub::models
