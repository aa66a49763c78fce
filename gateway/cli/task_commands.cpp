// Tasks: what models are asked, and what came of it.
#include <fmt/format.h>

#include <memory>

#include "gateway/cli/command_line.hpp"
#include "gateway/cli/flag_values.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/task_filter.hpp"
#include "gateway/cli/task_view.hpp"
#include "gateway/cli/task_wait.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

struct List {
  TaskFilter filter;
  std::string cursor, page;
  std::string limit = "100";
  bool quiet = false;
};

Exit list(Session& session, const List& wanted) {
  if (const auto limit = parse_count(wanted.limit, 1, 1'000); !limit) return report(limit.error(), session);
  auto parameters = parameters_of(wanted.filter, session.console.now());
  if (!parameters) return report(parameters.error(), session);
  auto& all = parameters.value();
  all.insert(all.end(), {{"cursor", wanted.cursor}, {"page", wanted.page}, {"page_size", wanted.limit}});
  return show_answer(session, kTasks + query_string(all), [&](const json::value& document) {
    const auto& items = array_at(document, "items");
    if (wanted.quiet) {
      for (const auto& item : items) session.console.line(text_at(item, "id"));
    } else {
      session.console.out(tasks_table(items, session.console));
      if (items.empty()) session.console.err("no tasks: computehub task submit MODEL \"Say hello.\" --wait");
    }
    note_rest(session, document, items.size());
  });
}

Exit show(Session& session, const std::string& id) {
  return show_answer(session, fmt::format("{}/{}", kTasks, url_encode(id)),
                     [&](const json::value& task) { session.console.out(task_fields(task, session.console)); });
}

/// The result of each, in the order given; the first trouble gives the exit code.
Exit wait(Session& session, const std::vector<std::string>& ids, const std::string& timeout) {
  std::optional<Duration> patience;
  if (!timeout.empty()) {
    const auto given = named(parse_duration(timeout), "--timeout");
    if (!given) return report(given.error(), session);
    patience = given.value();
  }
  auto worst = Exit::done;
  for (const auto& id : ids) {
    const auto exit = wait_for_task(session, id, patience);
    if (worst == Exit::done) worst = exit;
    if (exit == Exit::unreachable || session.console.reader_is_gone()) break;
  }
  return worst;
}

void add_list(CLI::App& group, CommandLine& line) {
  auto wanted = std::make_shared<List>();
  auto* command = line.add(group, "ls", "list tasks, newest first",
                           "computehub task ls --status pending\n"
                           "computehub task ls --model small --label team=vision -o json",
                           [&line, wanted] { return list(line.session, *wanted); });
  add_filter_flags(*command, wanted->filter, "pending, running, completed, failed or cancelled");
  command->add_option("--limit", wanted->limit, "1 to 1,000; 100 by default")->type_name("N");
  command->add_option("--page", wanted->page, "from 1")->type_name("N");
  command->add_option("--cursor", wanted->cursor, "behind the page that gave it")->type_name("CURSOR");
  command->add_flag("-q,--quiet", wanted->quiet, "ids only");
}

void add_show(CLI::App& group, CommandLine& line) {
  auto id = std::make_shared<std::string>();
  line.add(group, "show", "everything about one task: its attempts, its input, its result",
           "computehub task show tsk_0123456789abcdefghjkmnpqrs01", [&line, id] { return show(line.session, *id); })
      ->add_option("task", *id, "its id")
      ->required()
      ->type_name("ID");
}

void add_wait(CLI::App& group, CommandLine& line) {
  struct Wait {
    std::vector<std::string> ids;
    std::string timeout;
  };
  auto wanted = std::make_shared<Wait>();
  auto* command = line.add(group, "wait", "wait until tasks have ended and print their results",
                           "computehub task wait $(computehub task submit small \"Say hello.\")",
                           [&line, wanted] { return wait(line.session, wanted->ids, wanted->timeout); });
  command->add_option("task", wanted->ids, "ids")->required()->type_name("ID…");
  command->add_option("--timeout", wanted->timeout, "for each, at most so long; for ever by default")
      ->type_name("SPAN");
}

}  // namespace

void add_task_commands(CLI::App& app, CommandLine& line) {
  auto* group = app.add_subcommand("task", "tasks: submit, list, look at, cancel, send again, wait for");
  group->require_subcommand(1);
  add_task_submit(*group, line);
  add_list(*group, line);
  add_show(*group, line);
  add_task_changes(*group, line);
  add_wait(*group, line);
}

}  // namespace hub::cli
