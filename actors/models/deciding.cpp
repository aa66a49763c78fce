#include "actors/models/deciding.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "actors/models/lending.hpp"
#include "events/core/json_codec.hpp"

namespace hub::models {
namespace {

constexpr Duration kRetryAfterMin = seconds(1), kRetryAfterMax = seconds(60);

/// Refused for want of room; there is some when a slot is free again, which takes as long as it took of late.
Failure queue_full(const State& state) {
  const auto wait = std::clamp(state.per_end, kRetryAfterMin, kRetryAfterMax);
  return {FailureKind::too_many, "model.queue_full",
          "as many tasks wait for this model as may (" + std::to_string(state.spec.max_queue_size) + ")", "",
          wait.micros / 1'000};
}

bool is_on_shard_of(std::string_view task, std::string_view model) {
  return is_id(task) && prefix_of(task) == tasks::kTaskPrefix && shard_of(task) == shard_of(model);
}

tasks::TaskSubmitted submitted(const State& state, const NewTask& task, const std::string& owner) {
  const auto& defaults = state.spec.task_defaults;
  tasks::TaskSubmitted event;
  event.task = task.task;
  event.version = 1;
  event.task_type = task.task_type;
  event.input = task.input;
  event.priority = task.priority;
  event.labels = task.labels;
  event.timeout = task.timeout.value_or(defaults.timeout);
  event.max_retries = task.max_retries.value_or(defaults.max_retries);
  event.retry_delay = task.retry_delay.value_or(defaults.retry_delay);
  event.run_at = task.run_at;
  event.owner = owner;
  return event;
}

/// Behind all that are ready and no less urgent.
std::int64_t take_place(std::vector<std::int64_t>& ready, std::int32_t priority) {
  const auto own = ready.begin() + std::clamp(priority, tasks::kPriorityMin, tasks::kPriorityMax);
  ++*own;
  return std::accumulate(own, ready.end(), std::int64_t{0});
}

std::int64_t cost(const Price& price, const tasks::Usage& usage) {
  constexpr std::int64_t kMillion = 1'000'000;
  const auto whole = price.prompt_usd_micro_per_million * usage.prompt_tokens +
                     price.completion_usd_micro_per_million * usage.completion_tokens;
  return (whole + kMillion / 2) / kMillion;
}

/// Each fallback gives a task one more try.
bool is_retried(const State& state, const TaskRow& row, Verdict verdict) {
  const bool may_be = verdict == Verdict::retry || verdict == Verdict::slow_down;
  const auto retries_max = row.max_retries + static_cast<std::int32_t>(state.spec.fallbacks.size());
  return verdict == Verdict::interrupted || (may_be && row.retries < retries_max);
}

/// Of the model that was called.
Price price_of(const State& state, const Call& call) {
  if (!call.loan) return state.spec.price;
  const auto lender = from_json<Spec>(call.loan->spec.text, ReadMode::lenient);
  return lender ? lender.value().price : state.spec.price;
}

tasks::TaskAttemptFailed attempt_failed(const TaskRow& row, const ReportCallEnded& c, const tasks::AttemptEnd& end,
                                        Instant now) {
  tasks::TaskAttemptFailed failed;
  failed.end = end;
  const bool interrupted = c.verdict == Verdict::interrupted;
  failed.retries = row.retries + (interrupted ? 0 : 1);
  if (!interrupted) failed.retry_at = now + std::max(back_off(row, c.task), c.retry_after);
  return failed;
}

template <class Fact>
void add(Events& events, const std::string& task, const TaskRow& row, Fact fact) {
  fact.task = task;
  fact.version = row.version + 1;
  events.emplace_back(std::move(fact));
}

/// What the end of a call says of the model: it may cool down, or be well again.
void judge_model(const ReportCallEnded& c, Instant now, Outlook& outlook, Events& events) {
  std::optional<Instant> until;
  if (c.verdict == Verdict::completed) succeed(outlook.breaker);
  if (c.verdict == Verdict::retry) until = fail(outlook.breaker, now);
  if (c.verdict == Verdict::slow_down) until = slow_down(outlook.breaker, c.retry_after, now);
  if (until) events.emplace_back(ModelCooledDown{*until, c.end.code});
}

}  // namespace

Result<Events> decide_submit(const State& state, const SubmitTasks& c, const engine::Context& context) {
  auto free = free_slots(outlook_of(state));
  auto pending = state.pending;
  auto ready = state.ready;
  bool was_refused = false;
  Events events;
  std::unordered_set<std::string_view> seen;
  for (const auto& task : c.tasks) {
    if (!is_on_shard_of(task.task, context.entity))
      return invalid("task.foreign_id", "the task belongs to another shard than its model", "tasks");
    if (!seen.insert(task.task).second || task_row(state, task.task)) continue;
    const bool waits = task.run_at && *task.run_at > context.now;
    const bool starts = !waits && free > 0;
    if (!starts && pending >= state.spec.max_queue_size) {
      was_refused = true;
      continue;
    }
    (starts ? --free : static_cast<std::size_t>(++pending));
    auto event = submitted(state, task, c.owner);
    event.starts = starts;
    if (!waits) event.run_at.reset();
    if (!starts && !waits) event.place = take_place(ready, event.priority);
    events.emplace_back(std::move(event));
  }
  if (events.empty() && was_refused) return queue_full(state);
  return events;
}

Result<Events> decide_cancel(const State& state, const CancelTask& c) {
  const auto row = task_row(state, c.task);
  if (!row) return not_found("task.not_found", "no such task");
  Events events;
  if (row->status == tasks::Status::cancelled) return events;
  if (row->status != tasks::Status::pending && row->status != tasks::Status::running)
    return conflict("task.ended", "the task has ended");
  tasks::TaskCancelled cancelled;
  cancelled.reason = c.reason;
  add(events, c.task, *row, std::move(cancelled));
  return events;
}

Result<Events> decide_retry(const State& state, const RetryTask& c) {
  const auto row = task_row(state, c.task);
  if (!row) return not_found("task.not_found", "no such task");
  if (row->status != tasks::Status::failed && row->status != tasks::Status::cancelled)
    return conflict("task.not_ended", "only a task that failed or was cancelled can be tried again");
  tasks::TaskRequeued requeued;
  requeued.starts = free_slots(outlook_of(state)) > 0;
  if (!requeued.starts && state.pending >= state.spec.max_queue_size) return queue_full(state);
  Events events;
  add(events, c.task, *row, std::move(requeued));
  return events;
}

Result<Events> decide_call_ended(const State& state, const ReportCallEnded& c, const engine::Context& context) {
  Events events;
  const auto call = std::find_if(state.calls.begin(), state.calls.end(), [&](const Call& each) {
    return each.task == c.task && each.attempt == c.end.attempt;
  });
  if (call == state.calls.end()) return events;  // late news
  const auto row = known_task_row(state, c.task);
  auto end = c.end;
  end.ended_at = context.now;
  auto outlook = outlook_of(state);
  if (call->loan)
    end.lender = call->loan->lender;
  else
    --outlook.calls;
  std::vector<Waiting> others;
  // One that was broken off says nothing of the model.
  if (!call->unwanted && !call->loan) judge_model(c, context.now, outlook, events);
  end.failures_in_a_row = outlook.breaker.failures;
  if (call->unwanted) {
    tasks::TaskCallEnded ended;
    ended.end = end;
    add(events, c.task, row, std::move(ended));
  } else if (c.verdict == Verdict::completed) {
    tasks::TaskCompleted completed;
    completed.end = end;
    completed.result = c.result;
    completed.usage = c.usage;
    completed.cost_usd_micro = cost(price_of(state, *call), c.usage);
    add(events, c.task, row, std::move(completed));
  } else if (is_retried(state, row, c.verdict)) {
    auto failed = attempt_failed(row, c, end, context.now);
    if (!failed.retry_at) others.push_back({ready_key(row), c.task});
    add(events, c.task, row, std::move(failed));
  } else {
    tasks::TaskFailed failed;
    failed.end = end;
    add(events, c.task, row, std::move(failed));
  }
  if (call->loan) events.emplace_back(given_back(state, *call->loan, c));
  give_slots(state, outlook, std::move(others), events);
  return events;
}

Result<Events> decide_wake(const State& state, const engine::Context& context) {
  auto others = due(state, context.now);
  auto outlook = outlook_of(state);
  const bool is_cool = outlook.breaker.until && *outlook.breaker.until <= context.now;
  Events events;
  if (others.empty() && !is_cool) return events;
  events.emplace_back(ModelWoken{context.now});
  if (is_cool) outlook.breaker.until.reset();
  give_slots(state, outlook, std::move(others), events);
  return events;
}

}  // namespace hub::models
