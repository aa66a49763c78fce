// What each event of a task does to its row, and to that of its model.
#include <algorithm>

#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"
#include "projections/tasks/facts.hpp"
#include "projections/tasks/view.hpp"

namespace hub::task_rows {
namespace {

using tasks::Status;

std::string bounded(std::string text) {
  if (text.size() <= kDetailBytesMax) return text;
  auto end = kDetailBytesMax;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

/// One event on its way into a task and its model.
struct Step {
  View& view;
  model_rows::View& model;
  const log::Record& record;
  Position position;

  void status(Status to, std::string code, std::string text = {}) {
    view.status = to;
    view.reason = {std::move(code), bounded(std::move(text)), position.seq};
  }

  model_rows::Line& line() const { return model.lines[model_rows::class_of(view.priority)]; }

  void wait() {
    if (view.due.is_set()) {
      view.wakings = model.wakings;
      ++line().timed;
    } else {
      if (++line().ready == 1 || view.order < line().first) line().first = view.order;
    }
  }
  void leave() {
    if (view.due.is_set()) {
      --line().timed;
      view.due = {};
      view.wakings = 0;
    } else {
      --line().ready;
    }
  }

  void begin_call(const std::string& lender = {}) {
    ++view.attempts_total;
    if (view.attempts.size() == kAttemptsKept) view.attempts.erase(view.attempts.begin());
    view.attempts.push_back({record.time, {}, {}, {}, {}, 0, {}, lender});
    if (view.waits) view.waited = std::max(record.time - view.ready_at, Duration{});
    view.waits = false;
    view.has_call = true;
    // A slot of another model is that one's.
    if (lender.empty()) ++model.calls;
    status(Status::running, "task.started");
  }

  void end_call(tasks::AttemptEnd& end) {
    if (view.has_call) model_rows::call_ended(model, end.ended_at);
    if (view.has_call && !end.lender) --model.calls;
    view.has_call = false;
    const auto behind = view.attempts_total - end.attempt;
    if (behind < 0 || static_cast<std::size_t>(behind) >= view.attempts.size()) return;
    auto& attempt = view.attempts[view.attempts.size() - 1 - static_cast<std::size_t>(behind)];
    attempt.ended_at = end.ended_at;
    attempt.node = std::move(end.node);
    attempt.outcome = std::move(end.outcome);
    attempt.code = end.code;
    attempt.http_status = end.http_status;
    attempt.detail = bounded(end.detail);
  }

  void enter(bool starts) {
    view.ready_at = std::max(view.due.is_set() ? view.due : record.time, record.time);
    view.waits = true;
    view.order = ++model.submissions;
    if (starts) return begin_call();
    wait();
  }

  void operator()(Submitted& e) {
    view.type = std::move(e.task_type);
    view.priority = std::clamp(e.priority, tasks::kPriorityMin, tasks::kPriorityMax);
    view.labels = std::move(e.labels);
    view.timeout = e.timeout;
    view.max_retries = e.max_retries;
    view.retry_delay = e.retry_delay;
    view.run_at = e.run_at.value_or(Instant{});
    view.owner = std::move(e.owner);
    view.due = view.run_at;
    status(Status::pending, "task.submitted");
    enter(e.starts);
  }

  void operator()(tasks::TaskStarted& e) {
    const bool was_ready = !view.due.is_set();
    leave();
    // Whoever is behind it in its line was submitted later.
    if (was_ready) line().first = view.order + 1;
    begin_call(e.loan ? e.loan->lender : std::string());
  }

  void operator()(tasks::TaskAttemptFailed& e) {
    end_call(e.end);
    view.due = e.retry_at.value_or(Instant{});
    status(Status::pending, e.end.code.empty() ? "task.interrupted" : e.end.code, e.end.detail);
    wait();
  }

  void operator()(Completed& e) {
    end_call(e.end);
    if (!e.end.lender) model.tried = model.tried && model.cool_until.is_set();
    view.completed = record.version;
    view.usage = e.usage;
    view.cost_usd_micro += e.cost_usd_micro;
    status(Status::completed, "task.completed");
  }

  void operator()(tasks::TaskFailed& e) {
    end_call(e.end);
    status(Status::failed, e.end.code, e.end.detail);
  }

  void operator()(tasks::TaskCancelled& e) {
    if (view.status == Status::pending) leave();
    status(Status::cancelled, "task.cancelled", e.reason);
  }

  void operator()(tasks::TaskCallEnded& e) { end_call(e.end); }

  void operator()(tasks::TaskRequeued& e) {
    view.due = {};
    status(Status::pending, "task.requeued");
    enter(e.starts);
  }
};

View submitted(const log::Record& record) {
  View view;
  view.id = record.entity;
  view.model = record.parent;
  view.project = record.project;
  view.created_at = record.time;
  return view;
}

void count(model_rows::View& model, Status status, std::int64_t by) {
  model.tasks[static_cast<std::size_t>(status)] += by;
}

}  // namespace

bool is_delayed(const View& view, const model_rows::View& model) {
  return view.due.is_set() && (model.wakings <= view.wakings || model.woken_at < view.due);
}

Result<void> apply(std::optional<View>& view, model_rows::View& model, const projections::Recorded& recorded) {
  const auto& record = recorded.record;
  const Version before = view ? view->version : 0;
  if (record.version != before + 1)
    return internal_failure("projection.version_gap",
                            "version " + std::to_string(record.version) + " follows " + std::to_string(before));
  HUB_TRY(auto fact, decode_variant<Fact>(record.type, record.data));
  if (!view) {
    if (!std::holds_alternative<Submitted>(fact))
      return internal_failure("projection.version_gap", "the first event is " + record.type);
    view = submitted(record);
  } else {
    count(model, view->status, -1);
  }
  std::visit(Step{*view, model, record, recorded.position}, fact);
  count(model, view->status, 1);
  view->updated_at = record.time;
  view->version = record.version;
  view->position = recorded.position;
  model.version = std::max(model.version, record.parent_version);
  model.position = recorded.position;
  return success();
}

}  // namespace hub::task_rows
