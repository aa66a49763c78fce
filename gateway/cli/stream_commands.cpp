#include <fmt/format.h>

#include <memory>

#include "gateway/cli/command_line.hpp"
#include "gateway/cli/deployment_view.hpp"
#include "gateway/cli/follow.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/resolve.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr std::int64_t kEventsPage = 1'000;
constexpr std::string_view kEventsStream = "events";

struct Events {
  std::string word, type, after;
  std::string limit = "100";
  bool follow = false;
};

Exit logs(Session& session, const std::string& word, const LogOptions& options) {
  const auto id = resolve_deployment(session, word);
  return id ? print_logs(session, id.value(), options) : report(id.error(), session);
}

/// Prints events of one kind and entity; false when nobody reads any more.
bool print_event(Session& session, const Events& wanted, const std::string& entity, const json::value& event) {
  if (!wanted.type.empty() && text_at(event, "type") != wanted.type) return true;
  if (!entity.empty() && text_at(event, "subject") != entity) return true;
  return session.console.line(session.console.json ? json::serialize(event) : event_line(event, session.console));
}

/// Pages of at most `limit` events in all; the cursor behind the last one.
Result<std::string> print_kept_events(Session& session, const Events& wanted, const std::string& entity,
                                      std::int64_t limit) {
  const auto target = entity.empty() ? std::string("/api/v1/events") : "/api/v1/deployments/" + entity + "/events";
  // The history of one entity knows no filter by type; print_event() has it for both.
  const auto type = entity.empty() ? wanted.type : std::string();
  auto cursor = wanted.after;
  for (std::int64_t left = limit; left > 0;) {
    const auto size = std::min(left, kEventsPage);
    HUB_TRY(const auto answer,
            session.get(target + query_string({{"type", type}, {"after", cursor}, {"limit", std::to_string(size)}})));
    HUB_TRY(const auto page, parse_answer(answer.body));
    const auto& items = array_at(page, "items");
    for (const auto& event : items)
      if (!print_event(session, wanted, entity, event)) return std::string();
    if (const auto next = text_at(page, "next_cursor"); !next.empty()) cursor = next;
    left -= static_cast<std::int64_t>(items.size());
    if (items.empty() || static_cast<std::int64_t>(items.size()) < size) return cursor;
  }
  return cursor;
}

/// With -o json and no --follow the API's own document.
Exit print_one_document(Session& session, const Events& wanted, const std::string& entity) {
  const auto target = entity.empty() ? std::string("/api/v1/events") : "/api/v1/deployments/" + entity + "/events";
  const auto answer = session.get(
      target +
      query_string({{"type", entity.empty() ? wanted.type : ""}, {"after", wanted.after}, {"limit", wanted.limit}}));
  if (!answer) return report(answer.error(), session);
  print_json(answer.value().body, session);
  return Exit::done;
}

Result<LiveEnd> follow_events(Session& session, const Events& wanted, const std::string& entity,
                              const std::string& after) {
  HUB_TRY(const auto* const http, session.client());
  LiveOptions live;
  live.on_cut = [&](std::string_view reason) {
    session.console.err(fmt::format("computehub: cut off ({}); connecting again", reason));
  };
  bool subscribed_before = false;
  const auto take = [&](const LiveFrame& frame) {
    if (frame.type == "subscribed") {
      const bool resumed = std::exchange(subscribed_before, true) || !after.empty();
      if (resumed && !frame.recovered)
        session.console.err(
            "computehub: some events in between are not on this stream any more; \"computehub events\" has them");
    }
    if (frame.type == "event" && !print_event(session, wanted, entity, frame.data)) return Next::stop;
    return Next::go_on;
  };
  return follow_live(http->endpoint(), {{std::string(kEventsStream), after}}, take, live);
}

Exit events(Session& session, const Events& wanted) {
  const auto limit = parse_count(wanted.limit, 1, 1'000'000);
  if (!limit) return report(limit.error(), session);
  std::string entity;
  if (!wanted.word.empty()) {
    const auto id = resolve_deployment(session, wanted.word);
    if (!id) return report(id.error(), session);
    entity = id.value();
  }
  if (!wanted.follow && session.console.json) return print_one_document(session, wanted, entity);
  if (wanted.follow) end_on_interrupt();
  std::string after = wanted.after;
  // Followed without a place to begin, the stream begins now.
  if (!wanted.follow || !after.empty()) {
    const auto all = wanted.follow ? std::numeric_limits<std::int64_t>::max() : limit.value();
    const auto cursor = print_kept_events(session, wanted, entity, all);
    if (!cursor) return report(cursor.error(), session);
    after = cursor.value();
  }
  if (session.console.reader_is_gone()) return Exit::done;
  if (!wanted.follow) {
    if (!after.empty()) session.console.err("later ones: --after " + after);
    return Exit::done;
  }
  const auto end = follow_events(session, wanted, entity, after);
  return end ? Exit::done : report(end.error(), session);
}

}  // namespace

void add_stream_commands(CLI::App& app, CommandLine& line) {
  struct Logs {
    std::string word;
    LogOptions options;
  };
  auto wanted = std::make_shared<Logs>();
  auto* command = line.add(app, "logs", "what a deployment wrote",
                           "computehub logs -f hello\ncomputehub logs hello --since 10m --contains error",
                           [&line, wanted] { return logs(line.session, wanted->word, wanted->options); });
  auto& options = wanted->options;
  command->add_option("deployment", wanted->word, "id, unique start of an id, or name")->required()->type_name("ID");
  command->add_flag("-f,--follow", options.follow, "go on until it has ended");
  command->add_flag("-t,--timestamps", options.timestamps, "with the time of each line");
  command->add_option("--tail", options.tail, "the last N lines only")->type_name("N");
  command->add_option("--since", options.since, "from a time, or a span ago (10m)")->type_name("TIME");
  command->add_option("--until", options.until, "up to a time, or a span ago")->type_name("TIME");
  command->add_option("--contains", options.contains, "only lines with this text")->type_name("TEXT");
  command->add_option("--stream", options.stream, "stdout or stderr only")
      ->check(CLI::IsMember({"stdout", "stderr"}))
      ->type_name("NAME");
  command->add_option("--after", options.after, "behind a cursor")->type_name("CURSOR");

  auto told = std::make_shared<Events>();
  auto* history = line.add(app, "events", "what happened, to one deployment or to all",
                           "computehub events hello\ncomputehub events --follow -o json",
                           [&line, told] { return events(line.session, *told); });
  history->add_option("deployment", told->word, "id, unique start of an id, or name; all when not given")
      ->type_name("ID");
  history->add_flag("--follow", told->follow, "go on as they come, from now or from --after");
  history->add_option("--type", told->type, "only of this type")->type_name("TYPE");
  history->add_option("--after", told->after, "behind a cursor")->type_name("CURSOR");
  history->add_option("--limit", told->limit, "at most so many, 100 by default")->type_name("N");
}

}  // namespace hub::cli
