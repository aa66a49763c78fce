// task submit: one task out of flags, or many out of a file.
#include <fmt/format.h>

#include <memory>

#include "events/core/ids.hpp"
#include "events/core/json.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/flag_values.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/settle.hpp"
#include "gateway/cli/task_file.hpp"
#include "gateway/cli/task_filter.hpp"
#include "gateway/cli/task_view.hpp"
#include "gateway/cli/task_wait.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

// More than the API takes, which then says so itself.
constexpr std::size_t kInputBytesMax = std::size_t{8} << 20U;

struct Submit {
  std::string model, text, input, type, priority, timeout, max_retries, retry_delay, run_at, project, file;
  std::string idempotency_key;
  std::vector<std::string> labels;
  bool wait = false;

  /// What says something of one task.
  bool is_one() const {
    for (const auto* value : {&model, &text, &input, &type, &priority, &timeout, &max_retries, &retry_delay, &run_at})
      if (!value->empty()) return true;
    return !labels.empty() || wait;
  }
};

/// JSON of the input.
Result<std::string> input_of(const Submit& submit) {
  if (!submit.input.empty() && !submit.text.empty())
    return wrong_usage("a text and --input both say what is asked: give one", "--input");
  if (!submit.input.empty()) return read_json(submit.input, kInputBytesMax, "--input");
  auto text = submit.text;
  if (text == "-") {
    HUB_TRY(text, read_given("-", kInputBytesMax, "TEXT"));
  }
  if (text.empty())
    return wrong_usage(
        "what is asked? Give a text, - for standard input, or --input, as in: computehub task submit "
        "small \"Say hello.\" --wait");
  if (!is_valid_utf8(text)) return wrong_usage("the text is not UTF-8");
  return json_string(text);
}

Result<void> put_span(json::object& body, std::string_view flag, std::string_view name, const std::string& text) {
  if (text.empty()) return success();
  HUB_TRY(const auto span, named(parse_duration(text), flag));
  body[name] = to_text(span);
  return success();
}

/// A time, or a span from now on.
Result<void> put_run_at(json::object& body, const std::string& text, Instant now) {
  if (text.empty()) return success();
  if (const auto span = parse_duration(text)) {
    body["run_at"] = to_rfc3339(now + span.value());
    return success();
  }
  const auto time = parse_rfc3339(text);
  if (!time)
    return wrong_usage(
        fmt::format("--run-at: \"{}\" is neither a time (2026-03-01T12:00:00Z) nor a span from now (10m)",
                    printable(text)),
        "--run-at");
  body["run_at"] = to_rfc3339(time.value());
  return success();
}

Result<std::string> body_of(const Submit& submit, Instant now) {
  if (submit.model.empty())
    return wrong_usage("which model? As in: computehub task submit small \"Say hello.\" --wait");
  json::object body{{"model_id", submit.model}, {"type", submit.type.empty() ? "text-generation" : submit.type}};
  constexpr std::int64_t kAnyMax = 1'000'000;
  if (!submit.priority.empty()) {
    HUB_TRY(const auto priority, named(parse_count(submit.priority, 1, 3), "--priority"));
    body["priority"] = priority;
  }
  if (!submit.max_retries.empty()) {
    HUB_TRY(const auto retries, named(parse_count(submit.max_retries, 0, kAnyMax), "--max-retries"));
    body["max_retries"] = retries;
  }
  HUB_TRY(put_span(body, "--timeout", "timeout", submit.timeout));
  HUB_TRY(put_span(body, "--retry-delay", "retry_delay", submit.retry_delay));
  HUB_TRY(put_run_at(body, submit.run_at, now));
  for (const auto& text : submit.labels) {
    HUB_TRY(const auto pair, split_pair(text, '=', "--label", "KEY=VALUE"));
    object_in(body, "labels")[pair.left] = pair.right;
  }
  HUB_TRY(const auto input, input_of(submit));
  // As it was given: a number that is read and written anew may become another one.
  auto bytes = json::serialize(body);
  bytes.pop_back();
  return bytes + ",\"input\":" + input + "}";
}

Exit submit_one(Session& session, const Submit& submit) {
  auto body = body_of(submit, session.console.now());
  if (!body) return report(body.error(), session);
  const auto key = submit.idempotency_key.empty() ? random_command_id() : submit.idempotency_key;
  const HttpRequest request{"POST", kTasks + query_string({{"project", submit.project}}), std::move(body).value(), key,
                            seconds(60)};
  // Decided later, the same request once more is answered with the task that it has made.
  const auto answer = change(session, request, [&](const Decided&) { return request; });
  if (!answer) return report(answer.error(), session);
  const auto task = parse_answer(answer.value().body);
  if (!task) return report(task.error(), session);
  const auto id = text_at(task.value(), "id");
  if (submit.wait) {
    // Standard output is for the result.
    if (!session.console.json)
      session.console.err(fmt::format("{} is {}", id, printable(task_status_text(task.value()))));
    return wait_for_task(session, id, std::nullopt);
  }
  if (session.console.json) {
    print_json(answer.value().body, session);
    return Exit::done;
  }
  session.console.line(id);
  session.console.err(fmt::format("it is {}", printable(task_status_text(task.value()))));
  session.console.err(fmt::format("its result:  computehub task wait {}", id));
  return Exit::done;
}

Exit submit(Session& session, const Submit& submit) {
  if (submit.file.empty()) return submit_one(session, submit);
  if (submit.is_one())
    return report(
        wrong_usage("--file says all of its tasks itself: model_id, type, input and the rest on each line", "--file"),
        session);
  return submit_file(session, submit.file, submit.project, submit.idempotency_key);
}

}  // namespace

void add_task_submit(CLI::App& group, CommandLine& line) {
  auto task = std::make_shared<Submit>();
  auto* command = line.add(group, "submit", "ask a model something: task submit MODEL TEXT",
                           "computehub task submit small \"Say hello.\" --wait\n"
                           "git diff | computehub task submit small - --priority 3 --wait\n"
                           "computehub task submit small --type translation --input '{\"text\": \"Guten Tag\", "
                           "\"target_language\": \"English\"}'\n"
                           "computehub task submit --file tasks.ndjson",
                           [&line, task] { return submit(line.session, *task); });
  command->add_option("model", task->model, "its name or id")->type_name("MODEL");
  command->add_option("text", task->text, "what is asked; - is standard input")->type_name("TEXT");
  const auto text = [&](const char* name, std::string& into, const char* help, const char* form) {
    command->add_option(name, into, help)->type_name(form);
  };
  text("--type", task->type, "text-generation (default), translation, summarization, embedding or custom", "TYPE");
  text("--input", task->input, "what is asked, as JSON", "JSON|@FILE");
  text("--priority", task->priority, "3 before 2 (default) before 1", "N");
  text("--timeout", task->timeout, "of one attempt", "SPAN");
  text("--max-retries", task->max_retries, "attempts behind the first at most", "N");
  text("--retry-delay", task->retry_delay, "before the second attempt; doubles with each", "SPAN");
  text("--run-at", task->run_at, "not before a time, or a span from now (10m)", "TIME");
  command->add_option("--label", task->labels, "repeatable")->type_name("K=V")->expected(1)->take_all();
  text("--project", task->project, "by default the token's", "NAME");
  text("--idempotency-key", task->idempotency_key, "the same key makes one task only", "KEY");
  text("--file", task->file, "many tasks, one JSON object of the API a line; - is standard input", "FILE");
  command->add_flag("--wait", task->wait, "until it has ended; prints its result, exit code 1 when there is none");
}

}  // namespace hub::cli
