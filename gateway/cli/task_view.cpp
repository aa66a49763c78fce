#include "gateway/cli/task_view.hpp"

#include <fmt/format.h>

#include "gateway/cli/json_view.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

Colour task_colour(std::string_view status) {
  if (status == "completed" || status == "running") return Colour::green;
  if (status == "failed") return Colour::red;
  return status == "cancelled" ? Colour::grey : Colour::yellow;
}

/// Calls take less than what span_text() tells apart.
std::string short_span_text(Duration span) {
  constexpr std::int64_t kTenSeconds = 10'000'000;
  if (span.micros < 0 || span.micros >= kTenSeconds) return span_text(span);
  const auto ms = span.micros / 1'000;
  return ms < 1'000 ? fmt::format("{} ms", ms) : fmt::format("{}.{} s", ms / 1'000, ms % 1'000 / 100);
}

const json::value& attempt_at(const json::value& task, bool first) {
  static const json::value none;
  const auto& attempts = array_at(task, "attempts");
  if (attempts.empty()) return none;
  return first ? attempts.front() : attempts.back();
}

/// Until the first call left, or until now when none has.
std::string waited_text(const json::value& task, Instant now) {
  const auto made = instant_at(task, "created_at");
  auto until = instant_at(attempt_at(task, true), "started_at");
  if (!until.is_set()) until = task_has_ended(task) ? instant_at(task, "updated_at") : now;
  return made.is_set() && until > made ? short_span_text(until - made) : short_span_text(Duration{});
}

std::string ran_text(const json::value& attempt, Instant now) {
  const auto began = instant_at(attempt, "started_at");
  if (!began.is_set()) return "-";
  auto ended = instant_at(attempt, "ended_at");
  if (!ended.is_set()) ended = now;
  return ended > began ? short_span_text(ended - began) : short_span_text(Duration{});
}

std::string time_text(const json::value& task, std::string_view name, Instant now) {
  const auto at = instant_at(task, name);
  return at.is_set() ? fmt::format("{} ({})", to_rfc3339(at), age_text(at, now)) : std::string();
}

std::string count_at(const json::value& object, std::string_view name) {
  const auto number = number_at(object, name);
  return number ? count_text(*number) : std::string();
}

std::string usage_text(const json::value& task) {
  const auto& usage = value_at(task, "usage");
  const auto total = number_at(usage, "total_tokens");
  if (!total) return {};
  return fmt::format("{} tokens: {} asked, {} answered", count_text(*total),
                     count_text(number_at(usage, "prompt_tokens").value_or(0)),
                     count_text(number_at(usage, "completion_tokens").value_or(0)));
}

std::string labels_text(const json::value& task) {
  std::string text;
  const auto* labels = value_at(task, "labels").if_object();
  if (labels == nullptr) return text;
  for (const auto& label : *labels)
    text += fmt::format("{}{}={}", text.empty() ? "" : "  ", std::string_view(label.key()),
                        text_at(value_at(task, "labels"), label.key()));
  return text;
}

/// Lines as they are; on a terminal without what would steer it.
std::string shown(std::string_view text, const Console& console) {
  if (console.columns == 0) return std::string(text);
  std::string out;
  for (;;) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    for (auto tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
      out += printable(line.substr(0, tab)) + '\t';
      line.remove_prefix(tab + 1);
    }
    out += printable(line);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

/// {text}, {embeddings} or {json}: what stands inside.
std::string part_text(const json::value& part, const Console& console) {
  if (part.is_null()) return {};
  const auto* members = part.if_object();
  const auto& inside = members != nullptr && members->size() == 1 ? members->begin()->value() : part;
  if (const auto* text = inside.if_string()) return shown({text->data(), text->size()}, console);
  return json::serialize(inside);
}

std::string attempts_table(const json::value& task, const Console& console) {
  const std::vector<Column> columns = {{"STARTED"},    {"RAN", true}, {"NODE", false, 8},   {"OUTCOME"},
                                       {"HTTP", true}, {"CODE"},      {"DETAIL", false, 12}};
  std::vector<std::vector<Cell>> rows;
  for (const auto& attempt : array_at(task, "attempts")) {
    const auto outcome = text_at(attempt, "outcome");
    rows.push_back({{text_at(attempt, "started_at")},
                    {ran_text(attempt, console.now())},
                    {text_at(attempt, "node")},
                    {outcome.empty() ? "running" : outcome,
                     outcome.empty() || outcome == "completed" ? Colour::green : Colour::red},
                    {count_at(attempt, "http_status")},
                    {text_at(attempt, "code")},
                    {text_at(attempt, "detail")}});
  }
  return rows.empty() ? std::string() : "\n" + render_table(columns, rows, console);
}

std::string part(const char* title, const std::string& text, const Console& console) {
  return text.empty() ? std::string() : fmt::format("\n{}\n{}\n", coloured(title, Colour::grey, console), text);
}

}  // namespace

std::string task_status_text(const json::value& task) {
  const auto status = text_at(task, "status");
  if (const auto why = text_at(task, "pending_reason"); !why.empty()) return status + ": " + why;
  if (status == "completed" || status == "running") return status;
  const auto& reason = value_at(task, "reason");
  const auto text = text_at(reason, "text");
  return text.empty() ? status : status + ": " + text;
}

bool task_has_ended(const json::value& task) {
  const auto status = text_at(task, "status");
  return status == "completed" || status == "failed" || status == "cancelled";
}

std::string tasks_table(const json::array& items, const Console& console) {
  const std::vector<Column> columns = {
      {"ID"},      {"MODEL", false, 8}, {"TYPE", false, 8}, {"PRIORITY", true}, {"STATUS", false, 10},
      {"CREATED"}, {"WAITED", true},    {"RAN", true}};
  const auto now = console.now();
  std::vector<std::vector<Cell>> rows;
  for (const auto& item : items)
    rows.push_back({{text_at(item, "id")},
                    {text_at(item, "model")},
                    {text_at(item, "type")},
                    {count_at(item, "priority")},
                    {task_status_text(item), task_colour(text_at(item, "status"))},
                    {age_text(instant_at(item, "created_at"), now)},
                    {waited_text(item, now)},
                    {ran_text(attempt_at(item, false), now)}});
  return render_table(columns, rows, console);
}

std::string task_fields(const json::value& task, const Console& console) {
  const auto now = console.now();
  const auto cost = number_at(task, "cost_usd_micro").value_or(0);
  const auto& attempts = array_at(task, "attempts");
  auto out = render_fields({{"id", {text_at(task, "id")}},
                            {"model", {text_at(task, "model")}},
                            {"type", {text_at(task, "type")}},
                            {"priority", {count_at(task, "priority")}},
                            {"status", {task_status_text(task), task_colour(text_at(task, "status"))}},
                            {"reason", {text_at(value_at(task, "reason"), "code")}},
                            {"position", {count_at(task, "position")}},
                            {"starts about", {time_text(task, "estimated_start_at", now)}},
                            {"not before", {time_text(task, "run_at", now)}},
                            {"waited", {waited_text(task, now)}},
                            {"ran", {attempts.empty() ? "" : ran_text(attempts.back(), now)}},
                            {"timeout", {text_at(task, "timeout")}},
                            {"retries", {count_at(task, "max_retries")}},
                            {"retry delay", {text_at(task, "retry_delay")}},
                            {"attempts", {count_at(task, "attempts_total")}},
                            {"usage", {usage_text(task)}},
                            {"cost", {cost == 0 ? "" : usd_text(cost)}},
                            {"labels", {labels_text(task)}},
                            {"project", {text_at(task, "project")}},
                            {"owner", {text_at(task, "owner")}},
                            {"created", {time_text(task, "created_at", now)}},
                            {"updated", {time_text(task, "updated_at", now)}},
                            {"version", {count_at(task, "version")}}},
                           console);
  out += attempts_table(task, console);
  const auto& input = value_at(task, "input");
  out += part("input", input.is_object() ? json::serialize(input) : part_text(input, console), console);
  return out + part("result", part_text(value_at(task, "result"), console), console);
}

Exit print_result(Session& session, const json::value& task, std::string_view body) {
  const bool completed = text_at(task, "status") == "completed";
  if (session.console.json)
    print_json(body, session);
  else if (completed)
    session.console.line(part_text(value_at(task, "result"), session.console));
  if (!completed)
    session.console.err(fmt::format("computehub: {} {} [{}]", text_at(task, "id"), printable(task_status_text(task)),
                                    printable(text_at(value_at(task, "reason"), "code"))));
  return completed ? Exit::done : Exit::failed;
}

}  // namespace hub::cli
