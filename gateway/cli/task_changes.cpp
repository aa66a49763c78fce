// task cancel and task retry: named ones, or what a filter finds.
#include <fmt/format.h>

#include <memory>

#include "events/core/ids.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/settle.hpp"
#include "gateway/cli/task_filter.hpp"
#include "gateway/cli/task_view.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr Duration kBulkTimeout = seconds(300);

/// cancel or retry.
struct Act {
  const char* name;
  const char* method;                 ///< of one task
  const char* path;                   ///< of one task, behind the id
  const char* done;                   ///< what is said of one of many
  std::vector<const char*> statuses;  ///< those that are meant when the filter names none
};

struct Change {
  std::vector<std::string> ids;
  TaskFilter filter;
  bool yes = false;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

Exit change_one(Session& session, const Act& act, const std::string& id) {
  const auto task = fmt::format("{}/{}", kTasks, url_encode(id));
  HttpRequest request{act.method, task + act.path, {}, {}, seconds(60)};
  if (request.method == "POST") request.idempotency_key = random_command_id();
  const auto answer = change(session, request, [&](const Decided& decided) {
    return HttpRequest{"GET", task + query_string({{"min_pos", decided.position}}), {}, {}, seconds(60)};
  });
  if (!answer) return report(answer.error(), session);
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  if (session.console.json)
    print_json(answer.value().body, session);
  else
    session.console.line(fmt::format("{}  {}", id, printable(task_status_text(document.value()))));
  return Exit::done;
}

/// Each is tried; the first trouble gives the exit code.
Exit change_named(Session& session, const Act& act, const std::vector<std::string>& ids) {
  auto worst = Exit::done;
  for (const auto& id : ids) {
    const auto exit = change_one(session, act, id);
    if (worst == Exit::done) worst = exit;
    // The others would only say the same.
    if (exit == Exit::unreachable) break;
  }
  return worst;
}

/// What the filter means, once for each status: a page is of one.
Result<std::vector<Parameters>> passes_of(const Act& act, TaskFilter filter, Instant now) {
  std::vector<Parameters> passes;
  if (!filter.status.empty()) {
    HUB_TRY(auto only, parameters_of(filter, now));
    passes.push_back(std::move(only));
    return passes;
  }
  for (const auto* status : act.statuses) {
    filter.status = status;
    HUB_TRY(auto one, parameters_of(filter, now));
    passes.push_back(std::move(one));
  }
  return passes;
}

/// Asks on a terminal, with how many it is for; elsewhere nobody could answer.
Result<bool> is_meant(Session& session, const Act& act, const std::vector<Parameters>& passes) {
  if (!session.console.ask) return true;
  std::int64_t total = 0;
  bool is_exact = true;
  for (auto parameters : passes) {
    parameters.emplace_back("page_size", "1");
    HUB_TRY(const auto answer, session.get(kTasks + query_string(parameters)));
    HUB_TRY(const auto document, parse_answer(answer.body));
    const auto exact = number_at(document, "total");
    is_exact = is_exact && exact.has_value();
    total += exact ? *exact : number_at(document, "total_at_least").value_or(0);
  }
  const auto answer = session.console.ask(fmt::format("{} {}{} task{}? [y/N] ", act.name, count_text(total),
                                                      is_exact ? "" : " or more", total == 1 ? "" : "s"));
  return answer == "y" || answer == "Y" || answer == "yes";
}

class Bulk {
 public:
  Bulk(Session& session, const Act& act) : session_(session), act_(act) {}

  Result<void> run(const Parameters& filter) {
    for (std::string cursor;;) {
      auto parameters = filter;
      parameters.emplace_back("cursor", cursor);
      const auto target = fmt::format("{}/{}{}", kTasks, act_.name, query_string(parameters));
      HUB_TRY(const auto answer, session_.call({"POST", target, {}, random_command_id(), kBulkTimeout}));
      HUB_TRY(const auto page, parse_answer(answer.body));
      for (const auto& item : array_at(page, "items")) take(item);
      cursor = text_at(page, "next_cursor");
      if (cursor.empty()) return success();
    }
  }

  Exit finish() {
    if (session_.console.json)
      session_.console.line(json::serialize(json::object{{"items", std::move(items_)}}));
    else
      session_.console.err(fmt::format("{} of {} {}", count_text(done_), count_text(seen_), act_.done));
    return done_ == seen_ ? Exit::done : Exit::failed;
  }

 private:
  void take(const json::value& item) {
    ++seen_;
    const auto* ok = value_at(item, "ok").if_bool();
    const bool done = ok != nullptr && *ok;
    if (done) ++done_;
    const auto id = text_at(item, "id");
    if (session_.console.json)
      items_.push_back(item);
    else if (done)
      session_.console.line(fmt::format("{}  {}", id, act_.done));
    else
      session_.console.err(
          fmt::format("{}: {} [{}]", id, printable(text_at(item, "detail")), printable(text_at(item, "code"))));
  }

  Session& session_;
  const Act& act_;
  std::int64_t seen_ = 0, done_ = 0;
  json::array items_;
};

Exit change_found(Session& session, const Act& act, const Change& wanted) {
  const auto passes = passes_of(act, wanted.filter, session.console.now());
  if (!passes) return report(passes.error(), session);
  if (!wanted.yes) {
    const auto meant = is_meant(session, act, passes.value());
    if (!meant) return report(meant.error(), session);
    if (!meant.value()) {
      session.console.err("nothing was done");
      return Exit::failed;
    }
  }
  Bulk bulk(session, act);
  for (const auto& parameters : passes.value()) {
    if (const auto run = bulk.run(parameters); !run) {
      bulk.finish();
      return report(run.error(), session);
    }
  }
  return bulk.finish();
}

Exit change_tasks(Session& session, const Act& act, const Change& wanted) {
  const bool filtered = wanted.filter.is_given();
  if (wanted.ids.empty() && !filtered)
    return report(wrong_usage(fmt::format("which tasks? Give ids, or a filter, as in: computehub task {} --model small",
                                          act.name)),
                  session);
  if (!wanted.ids.empty() && filtered) return report(wrong_usage("give ids or a filter, not both"), session);
  return filtered ? change_found(session, act, wanted) : change_named(session, act, wanted.ids);
}

void add_change(CLI::App& group, CommandLine& line, const std::string& help, const std::string& examples, Act act,
                const std::string& status_help) {
  auto wanted = std::make_shared<Change>();
  auto* command = line.add(group, act.name, help, examples,
                           [&line, wanted, act] { return change_tasks(line.session, act, *wanted); });
  command->add_option("task", wanted->ids, "ids; or a filter")->type_name("ID…");
  add_filter_flags(*command, wanted->filter, status_help);
  command->add_flag("-y,--yes", wanted->yes, "do not ask before what a filter finds");
}

}  // namespace

void add_task_changes(CLI::App& group, CommandLine& line) {
  // Those that wait go first: a slot that becomes free must not start one of them.
  add_change(group, line, "cancel tasks; calls that run are broken off",
             "computehub task cancel tsk_0123456789abcdefghjkmnpqrs01\n"
             "computehub task cancel --model small --label team=vision",
             {"cancel", "DELETE", "", "cancelled", {"pending", "running"}},
             "only these; by default pending and running");
  add_change(group, line, "send tasks that failed or were cancelled again",
             "computehub task retry tsk_0123456789abcdefghjkmnpqrs01\n"
             "computehub task retry --model small --since 1h",
             {"retry", "POST", "/retry", "sent again", {"failed"}}, "only these; by default failed");
}

}  // namespace hub::cli
