#include "events/core/json_codec.hpp"
#include "projections/tasks/view.hpp"

namespace hub::task_rows {
namespace {

template <class T>
void member(std::string& out, std::string_view name, const T& value) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":";
  append_json(out, value);
}

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
  member(out, "code", reason.code);
  member(out, "text", reason.text.empty() ? std::string(usual_text(reason.code)) : reason.text);
  member(out, "event_id", to_text(Position{view.position.partition, reason.seq}));
  out += '}';
}

void append_attempt(std::string& out, const Attempt& attempt) {
  out += '{';
  member(out, "started_at", attempt.started_at);
  member(out, "ended_at", attempt.ended_at);
  const auto text = [&](std::string_view name, const std::string& value) {
    member(out, name, value.empty() ? std::optional<std::string>() : value);
  };
  text("node", attempt.node);
  text("outcome", attempt.outcome);
  text("code", attempt.code);
  member(out, "http_status", attempt.http_status == 0 ? std::optional<std::int32_t>() : attempt.http_status);
  text("detail", attempt.detail);
  if (!attempt.lender.empty()) member(out, "model_id", attempt.lender);
  out += '}';
}

void append_attempts(std::string& out, const View& view) {
  out += ",\"attempts\":[";
  for (const auto& attempt : view.attempts) {
    if (out.back() != '[') out += ',';
    append_attempt(out, attempt);
  }
  out += ']';
  member(out, "attempts_total", view.attempts_total);
}

void append_standing(std::string& out, const Standing& standing) {
  if (!standing.pending_reason.empty()) member(out, "pending_reason", standing.pending_reason);
  if (standing.position) member(out, "position", *standing.position);
  if (standing.estimated_start_at.is_set()) member(out, "estimated_start_at", standing.estimated_start_at);
}

}  // namespace

void append_answer(std::string& out, const View& view, std::string_view model_name, const Standing& standing) {
  out += '{';
  member(out, "id", view.id);
  member(out, "model_id", view.model);
  member(out, "model", std::string(model_name));
  member(out, "type", view.type);
  member(out, "priority", view.priority);
  member(out, "status", view.status);
  out += ",\"reason\":";
  append_reason(out, view);
  append_standing(out, standing);
  if (view.run_at.is_set()) member(out, "run_at", view.run_at);
  member(out, "timeout", view.timeout);
  member(out, "max_retries", view.max_retries);
  member(out, "retry_delay", view.retry_delay);
  append_attempts(out, view);
  member(out, "usage", view.completed != 0 ? std::optional<tasks::Usage>(view.usage) : std::nullopt);
  member(out, "cost_usd_micro", view.cost_usd_micro);
  member(out, "labels", view.labels);
  member(out, "project", view.project);
  member(out, "owner", view.owner);
  member(out, "created_at", view.created_at);
  member(out, "updated_at", view.updated_at);
  member(out, "version", view.version);
  out += '}';
}

}  // namespace hub::task_rows
