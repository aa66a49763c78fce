#include "gateway/cli/follow.hpp"

#include <fmt/format.h>

#include "gateway/cli/deployment_view.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/patience.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr std::int64_t kPageLines = 5'000;
constexpr std::int64_t kTailMax = 10'000;

bool is_end(std::string_view status) {
  return status == "stopped" || status == "failed" || status == "deleted";
}

/// Prints lines, each once.
class LinePrinter {
 public:
  LinePrinter(Session& session, const LogOptions& options) : session_(session), options_(options) {}

  /// False when nobody reads any more. `live` lines were not filtered by the server.
  bool print(const json::array& lines, bool live) {
    for (const auto& line : lines) {
      const auto seq = number_at(line, "seq").value_or(0);
      if (seq <= last_seq_) continue;
      last_seq_ = seq;
      if (live && !is_wanted(line)) continue;
      if (!print_line(line)) return false;
    }
    return !session_.console.reader_is_gone();
  }

  /// Says so when a snapshot begins behind what was printed: those between are gone.
  void note_gap(const json::array& lines) {
    if (lines.empty() || last_seq_ == 0) return;
    const auto first = number_at(lines.front(), "seq").value_or(0);
    if (first > last_seq_ + 1)
      session_.console.err(fmt::format("computehub: lines {} to {} are no longer kept", last_seq_ + 1, first - 1));
  }

 private:
  bool is_wanted(const json::value& line) const {
    if (!options_.stream.empty() && text_at(line, "stream") != options_.stream) return false;
    return options_.contains.empty() || text_at(line, "text").find(options_.contains) != std::string::npos;
  }

  bool print_line(const json::value& line) {
    auto& console = session_.console;
    if (console.json) return console.line(json::serialize(line));
    auto text = text_at(line, "text");
    if (options_.timestamps) text = text_at(line, "time") + " " + text;
    if (text_at(line, "stream") != "stderr") return console.line(text);
    console.err(text);
    return true;
  }

  Session& session_;
  const LogOptions& options_;
  std::int64_t last_seq_ = 0;
};

std::string logs_target(const std::string& id, const std::vector<std::pair<std::string, std::string>>& parameters) {
  return "/api/v1/deployments/" + id + "/logs" + query_string(parameters);
}

struct Filters {
  std::vector<std::pair<std::string, std::string>> always;  ///< of each page
  std::vector<std::pair<std::string, std::string>> first;   ///< of the first page: where it begins
};

Result<Filters> filters_of(const LogOptions& options, Instant now) {
  Filters filters;
  filters.always = {{"contains", options.contains}, {"stream", options.stream}};
  if (!options.until.empty()) {
    HUB_TRY(const auto until, parse_moment(options.until, now));
    filters.always.push_back({"to", to_rfc3339(until)});
  }
  if (!options.since.empty()) {
    HUB_TRY(const auto since, parse_moment(options.since, now));
    filters.first.push_back({"from", to_rfc3339(since)});
  }
  if (!options.tail.empty()) {
    HUB_TRY(const auto tail, parse_count(options.tail, 1, kTailMax));
    filters.first.push_back({"tail", std::to_string(tail)});
  }
  filters.first.push_back({"after", options.after});
  return filters;
}

void note_lost(Session& session, const json::value& page) {
  const auto& lost = value_at(page, "lost");
  if (!lost.is_object()) return;
  session.console.err(fmt::format("computehub: lines {} to {} are no longer kept", number_at(lost, "from").value_or(0),
                                  number_at(lost, "to").value_or(0)));
}

/// Reads pages until one is empty and hands each on; the cursor behind the last one, or "" when the reader stopped.
Result<std::string> read_pages(Session& session, const std::string& id, Filters filters,
                               const std::function<bool(const json::value&)>& on_page) {
  auto parameters = filters.always;
  parameters.insert(parameters.end(), filters.first.begin(), filters.first.end());
  parameters.push_back({"limit", std::to_string(kPageLines)});
  for (;;) {
    HUB_TRY(const auto answer, session.get(logs_target(id, parameters)));
    HUB_TRY(const auto page, parse_answer(answer.body));
    if (!on_page(page)) return std::string();
    auto cursor = text_at(page, "next_cursor");
    if (array_at(page, "items").empty() || cursor.empty()) return cursor;
    parameters = filters.always;
    parameters.push_back({"after", std::move(cursor)});
    parameters.push_back({"limit", std::to_string(kPageLines)});
  }
}

/// One document of all pages, written as they come.
Result<void> print_pages_as_json(Session& session, const std::string& id, const Filters& filters) {
  auto& console = session.console;
  bool opened = false, has_lines = false;
  std::string cursor;
  HUB_TRY(read_pages(session, id, filters, [&](const json::value& page) {
    std::string text = std::exchange(opened, true) ? "" : "{\"items\":[";
    for (const auto& line : array_at(page, "items"))
      text += (std::exchange(has_lines, true) ? "," : "") + json::serialize(line);
    cursor = text_at(page, "next_cursor");
    return console.out(text);
  }));
  console.line("],\"next_cursor\":" + json::serialize(json::value(cursor)) + "}");
  return success();
}

class Watch {
 public:
  Watch(Session& session, std::string id, const LogOptions& options, bool show_status)
      : session_(session), id_(std::move(id)), printer_(session, options), show_status_(show_status) {
    live_.on_cut = [this](std::string_view reason) {
      if (!std::exchange(cut_, true))
        session_.console.err(fmt::format("computehub: cut off ({}); connecting again", reason));
    };
  }

  /// Lines that are kept already; the live stream goes on behind them.
  Result<void> backlog(Filters filters) {
    HUB_TRY(logs_cursor_, read_pages(session_, id_, filters, [&](const json::value& page) {
              note_lost(session_, page);
              if (!printer_.print(array_at(page, "items"), false)) return false;
              if (const auto cursor = text_at(page, "next_cursor"); !cursor.empty()) logs_cursor_ = cursor;
              return true;
            }));
    return success();
  }

  /// backlog() for one who follows: after a cut it goes on behind the last page that it saw.
  Result<void> follow_backlog(Filters filters) {
    for (Patience patience(live_);;) {
      logs_cursor_.clear();
      auto read = backlog(filters);
      HUB_TRY(const auto* const http, session_.client());
      if (read) {
        note_connection();
        return read;
      }
      if (!http->was_connected() || !is_cut(read.error())) return read;
      live_.on_cut(read.error().detail);
      if (!logs_cursor_.empty()) {
        filters.first = {{"after", logs_cursor_}};
        patience.reset();
      }
      if (!patience.wait()) return read;
    }
  }

  Result<LiveEnd> follow() {
    HUB_TRY(const auto* const http, session_.client());
    live_.was_connected = http->was_connected();
    HUB_TRY(const auto end, follow_live(
                                http->endpoint(), {{status_stream(), ""}, {logs_stream(), logs_cursor_}},
                                [this](const LiveFrame& frame) { return take(frame); }, live_));
    // The last lines may have been stored after the status was sent; what is kept is the whole truth.
    if (end == LiveEnd::stopped && !session_.console.reader_is_gone() && status_ != "deleted") {
      HUB_TRY(follow_backlog({{}, {{"after", logs_cursor_}}}));
    }
    return end;
  }

  const std::string& status() const { return status_; }

 private:
  std::string status_stream() const { return "deployments/" + id_; }
  std::string logs_stream() const { return "deployments/" + id_ + "/logs"; }

  Next take(const LiveFrame& frame) {
    if (frame.type == "subscribed") note_connection();
    if (frame.stream == status_stream() && frame.type != "subscribed") take_status(frame.data);
    if (frame.stream == logs_stream()) {
      const auto& lines = array_at(frame.data, "items");
      if (frame.type == "snapshot") printer_.note_gap(lines);
      if (!printer_.print(lines, true)) return Next::stop;
      logs_cursor_ = frame.cursor;
    }
    return is_end(status_) ? Next::stop_when_quiet : Next::go_on;
  }

  void note_connection() {
    if (std::exchange(cut_, false)) session_.console.err("computehub: connected again");
  }

  void take_status(const json::value& deployment) {
    const auto status = text_at(deployment, "status");
    if (status.empty() || status == status_) return;
    status_ = status;
    if (!show_status_) return;
    if (session_.console.json)
      session_.console.err(json::serialize(deployment));
    else
      session_.console.err("· " + status_text(deployment));
  }

  Session& session_;
  std::string id_;
  LinePrinter printer_;
  bool show_status_;
  LiveOptions live_;
  bool cut_ = false;
  std::string status_;
  std::string logs_cursor_;
};

}  // namespace

Exit print_logs(Session& session, const std::string& id, const LogOptions& options) {
  if (options.follow) end_on_interrupt();
  const auto filters = filters_of(options, session.console.now());
  if (!filters) return report(filters.error(), session);
  if (session.console.json && !options.follow) {
    const auto printed = print_pages_as_json(session, id, filters.value());
    return printed ? Exit::done : report(printed.error(), session);
  }
  Watch watch(session, id, options, false);
  const auto printed = options.follow ? watch.follow_backlog(filters.value()) : watch.backlog(filters.value());
  if (!printed) return report(printed.error(), session);
  if (!options.follow || session.console.reader_is_gone()) return Exit::done;
  const auto end = watch.follow();
  return end ? Exit::done : report(end.error(), session);
}

Exit follow_to_the_end(Session& session, const std::string& id) {
  const LogOptions options;
  end_on_interrupt();
  Watch watch(session, id, options, true);
  if (const auto printed = watch.follow_backlog({}); !printed) return report(printed.error(), session);
  const auto end = watch.follow();
  if (!end) return report(end.error(), session);
  if (end.value() == LiveEnd::interrupted)
    session.console.err(fmt::format("\nit goes on without you: computehub logs -f {0} · computehub stop {0}", id));
  return watch.status() == "failed" ? Exit::failed : Exit::done;
}

}  // namespace hub::cli
