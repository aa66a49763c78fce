#include <fmt/format.h>

#include <memory>

#include "events/core/ids.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/deployment_view.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/resolve.hpp"
#include "gateway/cli/settle.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr const char* kCollection = "/api/v1/deployments";

struct List {
  std::string status, provider, owner, label, text, project, at, cursor, page;
  std::string limit = "100";
  bool quiet = false;
};

Exit list(Session& session, const List& wanted) {
  const auto limit = parse_count(wanted.limit, 1, 1'000);
  if (!limit) return report(limit.error(), session);
  return show_answer(session,
                     kCollection + query_string({{"status", wanted.status},
                                                 {"provider", wanted.provider},
                                                 {"owner", wanted.owner},
                                                 {"label", wanted.label},
                                                 {"text", wanted.text},
                                                 {"project", wanted.project},
                                                 {"at", wanted.at},
                                                 {"cursor", wanted.cursor},
                                                 {"page", wanted.page},
                                                 {"page_size", wanted.limit}}),
                     [&](const boost::json::value& document) {
                       const auto& items = array_at(document, "items");
                       if (wanted.quiet) {
                         for (const auto& item : items) session.console.line(text_at(item, "id"));
                       } else {
                         session.console.out(deployments_table(items, session.console));
                         if (items.empty())
                           session.console.err("nothing yet: computehub deploy --name hello -- echo hello");
                       }
                       note_rest(session, document, items.size());
                     });
}

Exit show(Session& session, const std::string& word, const std::string& at) {
  const auto id = resolve_deployment(session, word);
  if (!id) return report(id.error(), session);
  return show_answer(
      session, fmt::format("{}/{}{}", kCollection, id.value(), query_string({{"at", at}})),
      [&](const boost::json::value& document) { session.console.out(deployment_fields(document, session.console)); });
}

/// stop, start, restart and rm.
struct Transition {
  const char* method;
  const char* path;     ///< behind the id
  const char* reached;  ///< the status that --wait waits for
};

struct Change {
  std::vector<std::string> words;
  std::string timeout = "60s", idempotency_key;
  bool wait = false;
};

Result<HttpAnswer> send_change(Session& session, const Transition& transition, const Change& change,
                               const std::string& id) {
  HUB_TRY(const auto timeout, parse_duration(change.timeout));
  HttpRequest request;
  request.method = transition.method;
  request.target = fmt::format("{}/{}{}{}", kCollection, id, transition.path,
                               query_string({{"wait", change.wait ? transition.reached : ""},
                                             {"timeout", change.wait ? to_text(timeout) : ""}}));
  if (request.method == "POST")
    request.idempotency_key = change.idempotency_key.empty() ? random_command_id() : change.idempotency_key;
  if (change.wait) request.timeout.micros += timeout.micros;
  return change_deployment(session, request);
}

Exit change_one(Session& session, const Transition& transition, const Change& change, const std::string& word) {
  const auto id = resolve_deployment(session, word);
  if (!id) return report(id.error(), session);
  const auto answer = send_change(session, transition, change, id.value());
  if (!answer) return report(answer.error(), session);
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  const auto status = text_at(document.value(), "status");
  if (session.console.json)
    print_json(answer.value().body, session);
  else
    session.console.line(fmt::format("{}  {}", id.value(), printable(status_text(document.value()))));
  if (!change.wait || status == transition.reached) return Exit::done;
  session.console.err(fmt::format("computehub: {} is not {} within {}, but {}", id.value(), transition.reached,
                                  change.timeout, printable(status_text(document.value()))));
  return Exit::failed;
}

/// Each is tried; the first trouble gives the exit code.
Exit change_all(Session& session, const Transition& transition, const Change& change) {
  if (!change.idempotency_key.empty() && change.words.size() > 1)
    return report(wrong_usage("--idempotency-key goes with one deployment at a time", "--idempotency-key"), session);
  auto worst = Exit::done;
  for (const auto& word : change.words) {
    const auto exit = change_one(session, transition, change, word);
    if (worst == Exit::done) worst = exit;
    // The others would only say the same.
    if (exit == Exit::unreachable || exit == Exit::usage) break;
  }
  return worst;
}

void add_change(CLI::App& app, CommandLine& line, const std::string& name, const std::string& help,
                const std::string& examples, Transition transition) {
  auto change = std::make_shared<Change>();
  auto* command = line.add(app, name, help, examples,
                           [&line, change, transition] { return change_all(line.session, transition, *change); });
  command->add_option("deployment", change->words, "ids, unique starts of ids, or names")->required()->type_name("ID…");
  command->add_flag("--wait", change->wait, fmt::format("until it is {}", transition.reached));
  command->add_option("--timeout", change->timeout, "of --wait, 60s by default")->type_name("SPAN");
  if (std::string_view(transition.method) == "POST")
    command->add_option("--idempotency-key", change->idempotency_key, "the same key does it once only")
        ->type_name("KEY");
}

void add_list(CLI::App& app, CommandLine& line) {
  auto wanted = std::make_shared<List>();
  auto* command = line.add(app, "ps", "list deployments, newest first",
                           "computehub ps --status running\ncomputehub ps --label team=vision -o json\ncomputehub rm "
                           "$(computehub ps -q --status stopped)",
                           [&line, wanted] { return list(line.session, *wanted); });
  command->add_option("--status", wanted->status, "only these; deleted ones are listed only so")->type_name("STATUS");
  command->add_option("--provider", wanted->provider, "only of this provider")->type_name("NAME");
  command->add_option("--owner", wanted->owner, "only of this owner")->type_name("ID");
  command->add_option("--label", wanted->label, "only with this label")->type_name("K=V");
  command->add_option("--text", wanted->text, "only with this in name or id")->type_name("TEXT");
  command->add_option("--project", wanted->project, "only of this project")->type_name("NAME");
  command->add_option("--at", wanted->at, "as of a time, or of a list's cursor")->type_name("TIME");
  command->add_option("--limit", wanted->limit, "1 to 1,000; 100 by default")->type_name("N");
  command->add_option("--page", wanted->page, "from 1")->type_name("N");
  command->add_option("--cursor", wanted->cursor, "behind the page that gave it")->type_name("CURSOR");
  command->add_flag("-q,--quiet", wanted->quiet, "whole ids only");
}

void add_show(CLI::App& app, CommandLine& line) {
  struct Show {
    std::string word, at;
  };
  auto wanted = std::make_shared<Show>();
  auto* command = line.add(app, "show", "everything about one deployment",
                           "computehub show hello\ncomputehub show hello --at 2026-03-01T12:00:00Z",
                           [&line, wanted] { return show(line.session, wanted->word, wanted->at); });
  command->add_option("deployment", wanted->word, "id, unique start of an id, or name")->required()->type_name("ID");
  command->add_option("--at", wanted->at, "as of a time or position")->type_name("TIME");
}

}  // namespace

void add_deployment_commands(CLI::App& app, CommandLine& line) {
  add_list(app, line);
  add_show(app, line);
  add_change(app, line, "stop", "stop deployments: SIGTERM, then SIGKILL after their grace time",
             "computehub stop hello --wait", {"POST", "/stop", "stopped"});
  add_change(app, line, "start", "start stopped deployments", "computehub start hello --wait",
             {"POST", "/start", "running"});
  add_change(app, line, "restart", "stop deployments and start them again", "computehub restart hello",
             {"POST", "/restart", "running"});
  add_change(app, line, "rm", "delete deployments and their workspaces", "computehub rm hello",
             {"DELETE", "", "deleted"});
}

}  // namespace hub::cli
