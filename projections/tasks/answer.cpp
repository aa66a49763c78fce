#include "events/core/json_members.hpp"
#include "projections/tasks/view.hpp"

namespace hub::task_rows {
namespace {

/// What a reason says to people where its event says nothing more.
std::string_view usual_text(std::string_view code) {
  if (code == "task.submitted") return "it waits for its turn";
  if (code == "task.started") return "its model works on it";
  if (code == "task.completed") return "its result is there";
  if (code == "task.cancelled") return "nobody wants it any longer";
  if (code == "task.requeued") return "it was sent again, and waits behind those that were there";
  if (code == "task.interrupted") return "the node that made the call went away; it is made again";
  return {};
}

void append_reason(std::string& out, const View& view) {
  const auto& reason = view.reason;
  out += '{';
  append_member(out, "code", reason.code);
  append_member(out, "text", reason.text.empty() ? std::string(usual_text(reason.code)) : reason.text);
  append_member(out, "event_id", to_text(Position{view.position.partition, reason.seq}));
  out += '}';
}

void append_attempt(std::string& out, const Attempt& attempt) {
  out += '{';
  append_member(out, "started_at", attempt.started_at);
  append_member(out, "ended_at", attempt.ended_at);
  const auto text = [&](std::string_view name, const std::string& value) {
    append_member(out, name, value.empty() ? std::optional<std::string>() : value);
  };
  text("node", attempt.node);
  text("outcome", attempt.outcome);
  text("code", attempt.code);
  append_member(out, "http_status", attempt.http_status == 0 ? std::optional<std::int32_t>() : attempt.http_status);
  text("detail", attempt.detail);
  if (!attempt.lender.empty()) append_member(out, "model_id", attempt.lender);
  out += '}';
}

void append_attempts(std::string& out, const View& view) {
  out += ",\"attempts\":[";
  for (const auto& attempt : view.attempts) {
    if (out.back() != '[') out += ',';
    append_attempt(out, attempt);
  }
  out += ']';
  append_member(out, "attempts_total", view.attempts_total);
}

void append_standing(std::string& out, const Standing& standing) {
  if (!standing.pending_reason.empty()) append_member(out, "pending_reason", standing.pending_reason);
  if (standing.position) append_member(out, "position", *standing.position);
  if (standing.estimated_start_at.is_set()) append_member(out, "estimated_start_at", standing.estimated_start_at);
}

}  // namespace

void append_answer(std::string& out, const View& view, std::string_view model_name, const Standing& standing) {
  out += '{';
  append_member(out, "id", view.id);
  append_member(out, "model_id", view.model);
  append_member(out, "model", std::string(model_name));
  append_member(out, "type", view.type);
  append_member(out, "priority", view.priority);
  append_member(out, "status", view.status);
  out += ",\"reason\":";
  append_reason(out, view);
  append_standing(out, standing);
  if (view.run_at.is_set()) append_member(out, "run_at", view.run_at);
  append_member(out, "timeout", view.timeout);
  append_member(out, "max_retries", view.max_retries);
  append_member(out, "retry_delay", view.retry_delay);
  append_attempts(out, view);
  append_member(out, "usage", view.completed != 0 ? std::optional<tasks::Usage>(view.usage) : std::nullopt);
  append_member(out, "cost_usd_micro", view.cost_usd_micro);
  append_member(out, "labels", view.labels);
  append_member(out, "project", view.project);
  append_member(out, "owner", view.owner);
  append_member(out, "created_at", view.created_at);
  append_member(out, "updated_at", view.updated_at);
  append_member(out, "version", view.version);
  out += '}';
}

}  // namespace hub::task_rows
