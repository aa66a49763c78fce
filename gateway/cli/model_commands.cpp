// Models: places that tasks are sent to.
#include <fmt/format.h>

#include <memory>

#include "events/core/ids.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/model_request.hpp"
#include "gateway/cli/model_view.hpp"
#include "gateway/cli/settle.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

const std::string kModels = "/api/v1/models";

struct Model {
  std::string name, type, project, idempotency_key;
  ModelFlags flags;
  std::vector<std::string> settings;
  bool online = false, offline = false, draining = false;
};

std::string path_of(const std::string& name, const std::string& project, std::string_view below = {}) {
  return fmt::format("{}/{}{}{}", kModels, url_encode(name), below, query_string({{"project", project}}));
}

/// The model as it is then, under its id where the name has changed.
Result<HttpAnswer> change_model(Session& session, const HttpRequest& request, const Model& model) {
  return change(session, request, [&](const Decided& decided) {
    const bool is_model = prefix_of(decided.entity) == "mdl_";
    return HttpRequest{"GET", path_of(is_model ? decided.entity : model.name, model.project), {}, {}, seconds(60)};
  });
}

Exit print_model(Session& session, const Result<HttpAnswer>& answer) {
  if (!answer) return report(answer.error(), session);
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  if (session.console.json) {
    print_json(answer.value().body, session);
    return Exit::done;
  }
  session.console.line(fmt::format("{}  {}", printable(text_at(document.value(), "name")),
                                   printable(model_status_text(document.value(), session.console.now()))));
  return Exit::done;
}

Result<std::string> body_of_add(const Session& session, const Model& model) {
  json::object body{{"name", model.name}, {"type", model.type}};
  if (model.online) body["status"] = "online";
  HUB_TRY(apply_flags(model.flags, session, body));
  return json::serialize(body);
}

Exit add(Session& session, const Model& model) {
  auto body = body_of_add(session, model);
  if (!body) return report(body.error(), session);
  const auto key = model.idempotency_key.empty() ? random_command_id() : model.idempotency_key;
  const HttpRequest request{"POST", kModels + query_string({{"project", model.project}}), std::move(body).value(), key,
                            seconds(60)};
  // Decided later, the same request once more is answered with the model that it has made.
  const auto answer = change(session, request, [&](const Decided&) { return request; });
  if (!answer) return report(answer.error(), session);
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  if (session.console.json) {
    print_json(answer.value().body, session);
    return Exit::done;
  }
  const auto status = text_at(document.value(), "status");
  session.console.line(text_at(document.value(), "id"));
  session.console.err(printable(fmt::format("{} is {}", model.name, status)));
  if (status == "offline") session.console.err(fmt::format("start it:  computehub model set {} --online", model.name));
  return Exit::done;
}

Result<json::object> body_of_set(const Session& session, const Model& model) {
  json::object body;
  HUB_TRY(apply_flags(model.flags, session, body));
  HUB_TRY(apply_settings(model.settings, body));
  return body;
}

std::string status_of(const Model& model) {
  return model.online ? "online" : model.offline ? "offline" : model.draining ? "draining" : "";
}

Exit set(Session& session, const Model& model) {
  const auto status = status_of(model);
  const auto body = body_of_set(session, model);
  if (!body) return report(body.error(), session);
  if (body.value().empty() && status.empty())
    return report(wrong_usage("what shall be changed? As in: computehub model set small --workers 10 --online"),
                  session);
  Result<HttpAnswer> answer = HttpAnswer{};
  if (!body.value().empty())
    answer = change_model(
        session, {"PATCH", path_of(model.name, model.project), json::serialize(body.value()), {}, seconds(60)}, model);
  if (!answer || status.empty()) return print_model(session, answer);
  auto name = model.name;
  // By its id, should it have got another name just now.
  if (const auto changed = parse_answer(answer.value().body); changed) name = text_at(changed.value(), "id");
  answer = change_model(session,
                        {"PUT",
                         path_of(name, model.project, "/status"),
                         json::serialize(json::object{{"status", status}}),
                         {},
                         seconds(60)},
                        model);
  return print_model(session, answer);
}

Exit remove(Session& session, const std::vector<std::string>& names, const std::string& project) {
  auto worst = Exit::done;
  for (const auto& name : names) {
    const auto answer = change(session, {"DELETE", path_of(name, project), {}, {}, seconds(60)}, [&](const Decided&) {
      return HttpRequest{"GET", kModels + query_string({{"page_size", "1"}}), {}, {}, seconds(60)};
    });
    const auto exit = answer ? Exit::done : report(answer.error(), session);
    if (answer && !session.console.json) session.console.line(printable(name) + "  deleted");
    if (worst == Exit::done) worst = exit;
    if (exit == Exit::unreachable) break;
  }
  return worst;
}

struct List {
  std::string status, type, label, text, project, cursor, page;
  std::string limit = "100";
  bool quiet = false;
};

Exit list(Session& session, const List& wanted) {
  if (const auto limit = parse_count(wanted.limit, 1, 1'000); !limit) return report(limit.error(), session);
  const auto query = query_string({{"status", wanted.status},
                                   {"type", wanted.type},
                                   {"label", wanted.label},
                                   {"text", wanted.text},
                                   {"project", wanted.project},
                                   {"cursor", wanted.cursor},
                                   {"page", wanted.page},
                                   {"page_size", wanted.limit}});
  return show_answer(session, kModels + query, [&](const json::value& document) {
    const auto& items = array_at(document, "items");
    if (wanted.quiet) {
      for (const auto& item : items) session.console.line(text_at(item, "name"));
    } else {
      session.console.out(models_table(items, session.console));
      if (items.empty())
        session.console.err(
            "nothing yet: computehub model add small --type local --host 127.0.0.1 --port 8081 --online");
    }
    note_rest(session, document, items.size());
  });
}

void add_model_flags(CLI::App& command, Model& model) {
  auto& flags = model.flags;
  const auto text = [&](const char* name, std::string& into, const char* help, const char* form) {
    command.add_option(name, into, help)->type_name(form);
  };
  const auto many = [&](const char* name, std::vector<std::string>& into, const char* help) {
    command.add_option(name, into, help)->type_name("K=V")->expected(1)->take_all();
  };
  text("--base-url", flags.base_url, "openai: https://api.openai.com/v1 by default", "URL");
  text("--model", flags.model, "openai: its name there; custom: what {{model}} stands for", "NAME");
  text("--host", flags.host, "local: where the server is", "HOST");
  text("--port", flags.port, "local: where the server is", "PORT");
  text("--model-path", flags.model_path, "local: its name there", "PATH");
  text("--endpoint-url", flags.url, "custom: where requests go", "URL");
  many("--header", flags.headers, "custom: {{api_key}} stands for the key; repeatable");
  text("--template", flags.request_template, "custom: body of requests, with {{input}}, {{text}}, {{model}}",
       "TEXT|@FILE");
  text("--result-pointer", flags.result_pointer, "custom: JSON pointer to the result", "POINTER");
  text("--max-tokens", flags.max_tokens, "openai, local: of an answer, at most", "N");
  text("--temperature", flags.temperature, "openai, local: 0 to 2", "N");
  text("--workers", flags.workers, "calls at a time", "N");
  text("--queue", flags.queue, "tasks that may wait", "N");
  text("--timeout", flags.task_timeout, "of a task that gives none", "SPAN");
  text("--max-retries", flags.max_retries, "of a task that gives none", "N");
  text("--retry-delay", flags.retry_delay, "of a task that gives none", "SPAN");
  text("--price-prompt", flags.price_prompt, "USD for a million tokens asked, as 0.15", "USD");
  text("--price-completion", flags.price_completion, "USD for a million tokens answered", "USD");
  many("--label", flags.labels, "repeatable");
  text("--api-key-file", flags.key_file, "file whose first line is the API key; - is standard input", "FILE");
  text("--api-key-env", flags.key_variable, "environment variable that holds the API key", "VARIABLE");
  text("--project", model.project, "by default the token's", "NAME");
}

void add_add(CLI::App& group, CommandLine& line) {
  auto model = std::make_shared<Model>();
  auto* command = line.add(group, "add", "make a model",
                           "computehub model add small --type openai --model gpt-4o-mini --api-key-env OPENAI_API_KEY "
                           "--online\n"
                           "computehub model add llama --type local --host 127.0.0.1 --port 8081 --workers 4 --online",
                           [&line, model] { return add(line.session, *model); });
  command->add_option("name", model->name, "unique in its project")->required()->type_name("NAME");
  command->add_option("--type", model->type, "openai, local or custom")->required()->type_name("TYPE");
  add_model_flags(*command, *model);
  command->add_flag("--online", model->online, "take up tasks at once; offline when not given");
  command->add_option("--idempotency-key", model->idempotency_key, "the same key makes one model only")
      ->type_name("KEY");
}

void add_set(CLI::App& group, CommandLine& line) {
  auto model = std::make_shared<Model>();
  auto* command = line.add(group, "set", "change a model, or switch it",
                           "computehub model set small --workers 10\n"
                           "computehub model set small temperature=0.2 max_tokens=null labels.team=vision\n"
                           "computehub model set small --draining",
                           [&line, model] { return set(line.session, *model); });
  command->add_option("model", model->name, "name or id")->required()->type_name("NAME");
  command->add_option("settings", model->settings, "as in the API; null takes a setting away")->type_name("KEY=VALUE…");
  add_model_flags(*command, *model);
  auto* online = command->add_flag("--online", model->online, "take up tasks");
  auto* offline = command->add_flag("--offline", model->offline, "take up none; tasks wait");
  command->add_flag("--draining", model->draining, "finish what runs, take up none")
      ->excludes(online)
      ->excludes(offline);
  online->excludes(offline);
}

void add_list(CLI::App& group, CommandLine& line) {
  auto wanted = std::make_shared<List>();
  auto* command = line.add(group, "ls", "list models, newest first", "computehub model ls --status online",
                           [&line, wanted] { return list(line.session, *wanted); });
  command->add_option("--status", wanted->status, "online, offline or draining")->type_name("STATUS");
  command->add_option("--type", wanted->type, "only of this type")->type_name("TYPE");
  command->add_option("--label", wanted->label, "only with this label")->type_name("K=V");
  command->add_option("--text", wanted->text, "only with this in name, id or labels")->type_name("TEXT");
  command->add_option("--project", wanted->project, "only of this project")->type_name("NAME");
  command->add_option("--limit", wanted->limit, "1 to 1,000; 100 by default")->type_name("N");
  command->add_option("--page", wanted->page, "from 1")->type_name("N");
  command->add_option("--cursor", wanted->cursor, "behind the page that gave it")->type_name("CURSOR");
  command->add_flag("-q,--quiet", wanted->quiet, "names only");
}

}  // namespace

void add_model_commands(CLI::App& app, CommandLine& line) {
  auto* group = app.add_subcommand("model", "models that tasks are sent to: make, list, change, delete");
  group->require_subcommand(1);
  add_add(*group, line);
  add_list(*group, line);
  add_set(*group, line);

  struct Remove {
    std::vector<std::string> names;
    std::string project;
  };
  auto wanted = std::make_shared<Remove>();
  auto* command = line.add(*group, "rm", "delete models that no task waits for or runs on", "computehub model rm small",
                           [&line, wanted] { return remove(line.session, wanted->names, wanted->project); });
  command->add_option("model", wanted->names, "names or ids")->required()->type_name("NAME…");
  command->add_option("--project", wanted->project, "by default the token's")->type_name("NAME");
}

}  // namespace hub::cli
