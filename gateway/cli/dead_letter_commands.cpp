#include <fmt/format.h>

#include <memory>

#include "events/core/digest.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/resolve.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

const std::string kLetters = "/api/v1/system/dead-letters";

std::string one(const std::string& id) {
  return kLetters + "/" + url_encode(id);
}

/// "command StopDeployment", or where a foreign record lay.
std::string what_text(const json::value& letter) {
  const auto& foreign = value_at(letter, "foreign");
  if (!foreign.is_object()) return text_at(letter, "source") + " " + text_at(letter, "type");
  return fmt::format("foreign {}:{}:{}", text_at(foreign, "topic"), number_at(foreign, "partition").value_or(0),
                     number_at(foreign, "offset").value_or(0));
}

struct List {
  std::string limit = "100", page;
};

Exit list(Session& session, const List& wanted) {
  const auto limit = parse_count(wanted.limit, 1, 1'000);
  if (!limit) return report(limit.error(), session);
  return show_answer(session, kLetters + query_string({{"page", wanted.page}, {"page_size", wanted.limit}}),
                     [&](const boost::json::value& document) {
                       std::vector<std::vector<Cell>> rows;
                       const auto now = session.console.now();
                       for (const auto& letter : array_at(document, "items")) {
                         const auto again = instant_at(letter, "redriven_at");
                         rows.push_back({{text_at(letter, "id"), Colour::none},
                                         {age_text(instant_at(letter, "at"), now), Colour::none},
                                         {what_text(letter), Colour::none},
                                         {text_at(letter, "entity"), Colour::none},
                                         {bytes_text(number_at(letter, "size").value_or(0)), Colour::none},
                                         {text_at(letter, "reason"), Colour::red},
                                         {again.is_set() ? age_text(again, now) : "never", Colour::none}});
                       }
                       if (rows.empty())
                         session.console.err("no dead letters");
                       else
                         session.console.out(render_table({{"ID", false, 0},
                                                           {"AT", false, 0},
                                                           {"WHAT", false, 16},
                                                           {"ENTITY", false, 12},
                                                           {"SIZE", true, 0},
                                                           {"REASON", false, 12},
                                                           {"DRIVEN AGAIN", false, 0}},
                                                          rows, session.console));
                     });
}

Exit show(Session& session, const std::string& id, bool raw) {
  const auto answer = session.get(one(id));
  if (!answer) return report(answer.error(), session);
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  const auto& letter = document.value();
  if (raw) {
    const auto bytes = from_base64(text_at(letter, "data_base64"));
    if (!bytes) return report(bytes.error(), session);
    session.console.out(bytes.value());
    return Exit::done;
  }
  if (session.console.json) {
    print_json(answer.value().body, session);
    return Exit::done;
  }
  const auto field = [&](const char* name) { return Cell{text_at(letter, name), Colour::none}; };
  const bool is_text = value_at(letter, "data").is_string();
  session.console.out(
      render_fields({{"id", field("id")},
                     {"at", field("at")},
                     {"node", field("node")},
                     {"reason", {text_at(letter, "reason"), Colour::red}},
                     {"what", {what_text(letter), Colour::none}},
                     {"entity", field("entity")},
                     {"command", field("command_id")},
                     {"by", field("actor")},
                     {"organisation", field("organisation")},
                     {"project", field("project")},
                     {"request", field("correlation_id")},
                     {"driven again", field("redriven_at")},
                     {"driven as", field("redriven_as")},
                     {"size", {bytes_text(number_at(letter, "size").value_or(0)), Colour::none}},
                     {"data", {is_text ? text_at(letter, "data") : "not UTF-8; --raw writes its bytes", Colour::none}}},
                    session.console));
  return Exit::done;
}

/// Exit::failed when it was refused again.
Exit redrive(Session& session, const std::string& id) {
  const auto answer = session.call({"POST", one(id) + "/redrive", {}, {}, seconds(60)});
  if (!answer) return report(answer.error(), session);
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  const auto state = text_at(document.value(), "state");
  if (session.console.json)
    print_json(answer.value().body, session);
  else if (state.empty())
    session.console.line("on its way; " + text_at(document.value(), "status_url") + " says what became of it");
  else if (state == "refused")
    session.console.line(fmt::format("refused: {} ({})", printable(text_at(document.value(), "detail")),
                                     printable(text_at(document.value(), "code"))));
  else
    session.console.line(state);
  return state == "refused" ? Exit::failed : Exit::done;
}

Exit remove(Session& session, const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    const auto answer = session.call({"DELETE", one(id), {}, {}, seconds(60)});
    if (!answer) return report(answer.error(), session);
    if (!session.console.json) session.console.line(id);
  }
  return Exit::done;
}

CLI::App* add_one(CLI::App& group, CommandLine& line, const std::string& name, const std::string& help,
                  const std::function<Exit(const std::string&)>& action) {
  auto id = std::make_shared<std::string>();
  auto* command =
      line.add(group, name, help, "computehub dead-letters " + name + " dl_0123456789abcdef0123456789abcdef",
               [id, action] { return action(*id); });
  command->add_option("id", *id, "of the letter")->required()->type_name("ID");
  return command;
}

}  // namespace

void add_dead_letter_commands(CLI::App& app, CommandLine& line) {
  auto* group = app.add_subcommand("dead-letters", "what could not be decided: look at it, drive it again");
  group->require_subcommand(1);

  auto wanted = std::make_shared<List>();
  auto* command = line.add(*group, "list", "the newest first", "computehub dead-letters list --limit 20",
                           [&line, wanted] { return list(line.session, *wanted); });
  command->add_option("--limit", wanted->limit, "1 to 1,000; 100 by default")->type_name("N");
  command->add_option("--page", wanted->page, "from 1")->type_name("N");

  auto raw = std::make_shared<bool>(false);
  add_one(*group, line, "show", "all that is known of one", [&line, raw](const std::string& id) {
    return show(line.session, id, *raw);
  })->add_flag("--raw", *raw, "its exact bytes and nothing else");
  add_one(*group, line, "redrive", "put it back on its way as it was; what was accepted is not done twice",
          [&line](const std::string& id) { return redrive(line.session, id); });

  auto ids = std::make_shared<std::vector<std::string>>();
  line.add(*group, "remove", "forget them", "computehub dead-letters remove dl_0123456789abcdef0123456789abcdef",
           [&line, ids] { return remove(line.session, *ids); })
      ->add_option("id", *ids, "of the letters")
      ->required()
      ->type_name("ID…");
}

}  // namespace hub::cli
