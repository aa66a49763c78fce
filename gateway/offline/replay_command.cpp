#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>

#include "events/core/json.hpp"
#include "events/log/audit.hpp"
#include "events/log/cloud_event.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/copying.hpp"
#include "gateway/offline/opened.hpp"
#include "gateway/offline/replay.hpp"
#include "gateway/offline/words.hpp"
#include "gateway/server/kinds.hpp"

namespace hub::offline {
namespace {

namespace json = boost::json;
using cli::Cell;
using cli::Colour;
using cli::Console;
using cli::Exit;

using Fields = std::vector<std::pair<std::string, std::string>>;

/// "spec.name" → "hello": the leaves of a document, in its order.
void flatten(const json::value& value, const std::string& path, Fields& out) {
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    for (const auto& member : *object)
      flatten(member.value(), path + (path.empty() ? "" : ".") + std::string(member.key()), out);
    return;
  }
  const auto* text = value.if_string();
  out.emplace_back(path, text != nullptr ? std::string(*text) : json::serialize(value));
}

Fields fields_of(const std::string& text) {
  Fields fields;
  boost::system::error_code error;
  const auto document = json::parse(text, error);
  if (!error && document.is_object()) flatten(document, "", fields);
  return fields;
}

/// One that says nothing: what is not given, or not yet.
bool is_empty(const std::string& value) {
  return value.empty() || value == "null" || value == "[]" || value == "{}";
}

/// One that need not be told of what is new.
bool is_usual(const std::string& value) {
  return is_empty(value) || value == "false" || value == "0";
}

/// What an event changed: "old → new", or the new value where there was none.
std::vector<std::pair<std::string, Cell>> changes(const Fields& before, const Fields& after) {
  const std::map<std::string, std::string> old(before.begin(), before.end());
  std::vector<std::pair<std::string, Cell>> found;
  for (const auto& [path, value] : after) {
    const auto was = old.find(path);
    const bool had = was != old.end() && !is_empty(was->second);
    if (was != old.end() ? was->second == value : is_usual(value)) continue;
    found.push_back({"  " + path, {had ? was->second + " → " + (is_empty(value) ? "-" : value) : value}});
  }
  const std::map<std::string, std::string> now(after.begin(), after.end());
  for (const auto& [path, value] : before)
    if (!is_empty(value) && now.count(path) == 0) found.push_back({"  " + path, {value + " → -"}});
  return found;
}

/// "deployment.started" of "computehub.deployment.started.v1".
std::string short_type(const std::string& type) {
  constexpr std::string_view vendor = "computehub.";
  auto text = type.compare(0, vendor.size(), vendor) == 0 ? type.substr(vendor.size()) : type;
  return text.substr(0, text.rfind(".v"));
}

void print_steps(const std::vector<Step>& steps, Console& console) {
  Fields before;
  for (const auto& step : steps) {
    const auto& record = step.event.record;
    const auto place = fmt::format("{}  {}", to_text(step.event.position), to_rfc3339(step.event.index_time));
    console.line(fmt::format("{:>3}  {}  {}  {}", record.version, cli::coloured(place, Colour::grey, console),
                             cli::coloured(short_type(record.type), Colour::green, console),
                             cli::coloured("by " + cli::printable(record.actor), Colour::grey, console)));
    if (record.data != "{}") {
      auto data = "     " + cli::printable(record.data);
      if (console.columns > 0) data = cli::cut_to(data, static_cast<std::size_t>(console.columns));
      console.line(cli::coloured(data, Colour::grey, console));
    }
    auto after = fields_of(step.state);
    auto changed = changes(before, after);
    for (auto& [path, cell] : changed) {
      // A field takes one line of the terminal.
      const auto room = console.columns - static_cast<int>(cli::display_width(path)) - 8;
      if (console.columns > 0) cell.text = cli::cut_to(cli::printable(cell.text), room > 8 ? std::size_t(room) : 8);
      path = "   " + path;
    }
    console.out(cli::render_fields(changed, console));
    before = std::move(after);
  }
}

std::string steps_json(const std::string& id, const std::vector<Step>& steps) {
  auto text = "{\"id\":" + json_string(id) + ",\"items\":[";
  for (const auto& step : steps) {
    if (text.back() != '[') text += ',';
    text += fmt::format(R"({{"position":"{}","index_time":"{}","event":)", to_text(step.event.position),
                        to_rfc3339(step.event.index_time));
    log::append_cloud_event(text, step.event.record, step.event.position.partition);
    text += ",\"state\":" + step.state + "}";
  }
  return text + "],\"state\":" + steps.back().state + "}";
}

Result<Exit> replay_one(const cli::Replay& wanted, Console& console) {
  HUB_TRY(const auto until, parse_until(wanted.at, console.now()));
  HUB_TRY(const auto log, open_to_read({wanted.data}));
  HUB_TRY(const auto id, find_entity(*log, wanted.id));
  HUB_TRY(const auto steps, replay_entity(*log, server::all_kinds(), id, until));
  if (console.json) {
    console.line(steps_json(id, steps));
    return Exit::done;
  }
  console.line(id);
  print_steps(steps, console);
  return Exit::done;
}

Result<Exit> replay_all(const cli::Replay& wanted, Console& console) {
  HUB_TRY(const auto until, parse_until(wanted.at, console.now()));
  if (until.position) return cli::wrong_usage("--at: the whole system has no one position: give a time", "--at");
  const server::DataFolder from{wanted.data}, to{wanted.to};
  HUB_TRY(const auto keys, load_public_keys(from));
  HUB_TRY(NewFolder made, NewFolder::make(to.root));
  HUB_TRY(const auto copied, copy_record(from, to, until.time, false));
  HUB_TRY(const auto log, open_to_read(to));
  const auto report = log::verify(*log, keys);
  if (report.fault) {
    console.line(fmt::format("bad at {}: {}", to_text(report.fault->position), cli::printable(report.fault->reason)));
    return Exit::unverified;
  }
  made.keep();
  if (console.json) {
    console.line(fmt::format(R"({{"folder":{},"at":{},"records":{},"outputs":{}}})", json_string(wanted.to.string()),
                             until.time ? json_string(to_rfc3339(*until.time)) : std::string("null"),
                             copied.log.records, copied.outputs));
    return Exit::done;
  }
  console.out(
      cli::render_fields({{"as of", {until.time ? to_rfc3339(*until.time) : std::string("the end of the record")}},
                          {"record", {counted(copied.log.records, "record") + ", verified"}},
                          {"output", {"lines of " + counted(copied.outputs, "deployment")}},
                          {"keys", {"none: nothing sealed can be read there, and nothing can be signed"}}},
                         console));
  console.line(fmt::format("open it:  computehub serve --read-only --dev --data {}", wanted.to.string()));
  return Exit::done;
}

}  // namespace

Result<Exit> replay(const cli::Replay& wanted, Console& console) {
  return wanted.to.empty() ? replay_one(wanted, console) : replay_all(wanted, console);
}

}  // namespace hub::offline
