// GET /api/v1/events: a page, or with follow=true one CloudEvent a line as they come.
// GET /api/v1/events/timeline: those nearest to a moment.
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "events/core/json.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/caller.hpp"
#include "gateway/routes/event_reader.hpp"
#include "gateway/routes/export.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/routes/timeline.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLimitMax = 1'000;
/// How long a follower whose right has gone may be left connected when nothing happens.
constexpr std::chrono::milliseconds kRightsLookedAt{1'000};

constexpr Column kColumns[] = {
    {"id", "/id"},           {"type", "/type"},           {"time", "/time"}, {"subject", "/subject"},
    {"version", "/version"}, {"actor", "/actor"},         {"org", "/org"},   {"project", "/project"},
    {"parent", "/parent"},   {"commandid", "/commandid"}, {"data", "/data"}, {"correlationid", "/correlationid"}};

Result<Cursor> cursor_of(Services& services, const Request& request) {
  const auto text = request.query.get("after");
  if (!text) return cursor_at_start(services.log);
  auto cursor = parse_cursor(*text);
  if (!cursor) {
    auto failure = cursor.error();
    failure.field = "after";
    return failure;
  }
  return std::move(cursor).value();
}

Response page_of(const Result<std::vector<ReadEvent>>& events, const Cursor& cursor, const Request& request) {
  if (!events) return http::refuse(request, events.error());
  std::string json = "{\"items\":[";
  for (const auto& event : events.value()) {
    if (json.back() != '[') json += ',';
    json += event.json;
  }
  return http::answer(json + "],\"next_cursor\":" + json_string(to_text(cursor)) + "}");
}

Response page(Services& services, Cursor cursor, const EventFilter& filter, std::size_t limit, const Request& request) {
  const auto events = read_events(services.log, cursor, filter, limit);
  return page_of(events, cursor, request);
}

Response last_page(Services& services, const EventFilter& filter, std::size_t count, const Request& request) {
  Cursor cursor;
  const auto events = read_last_events(services.log, cursor, filter, count);
  return page_of(events, cursor, request);
}

/// How many of the newest are asked for. Beside a place to begin at, or following, it makes no sense.
Result<std::optional<std::uint64_t>> tail_of(const Request& request) {
  HUB_TRY(const auto tail, request.query.number("tail", 1, kLimitMax));
  if (tail && (request.query.get("after") || request.query.get("limit") || request.query.get("follow")))
    return invalid("query.range", "tail goes with none of after, limit and follow", "tail");
  return tail;
}

/// What the record held when it was asked for, and no more.
projections::Pages record_pages(log::Log& log, Cursor cursor, EventFilter filter) {
  return [&log, cursor = std::move(cursor), filter = std::move(filter),
          until = cursor_at_head(log)]() mutable -> Result<projections::ListAnswer> {
    HUB_TRY(const auto events, read_events(log, cursor, filter, kExportPageSize, &until));
    projections::ListAnswer answer;
    answer.items = "[";
    for (const auto& event : events) {
      if (answer.items.size() > 1) answer.items += ',';
      answer.items += event.json;
    }
    answer.items += ']';
    if (events.size() == kExportPageSize) answer.next_cursor = to_text(cursor);
    return answer;
  };
}

/// Wakes when the log has grown, or when it is time to look at the caller's rights; lives as long as the stream.
class Growth {
 public:
  Growth(log::Log& log, const asio::any_io_executor& executor)
      : log_(log), timer_(std::make_shared<asio::steady_timer>(executor)) {
    watcher_ = log_.watch([weak = std::weak_ptr(timer_), grown = grown_](const std::vector<log::BatchPtr>&) {
      // One wake-up a turn is enough, however many batches come.
      if (grown->exchange(true)) return;
      if (const auto timer = weak.lock())
        asio::post(timer->get_executor(), [weak] {
          if (const auto still = weak.lock()) still->cancel();
        });
    });
  }
  ~Growth() { log_.unwatch(watcher_); }
  Growth(const Growth&) = delete;
  Growth& operator=(const Growth&) = delete;

  /// True: it has grown.
  asio::awaitable<bool> wait() {
    if (grown_->exchange(false)) co_return true;
    timer_->expires_after(kRightsLookedAt);
    co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
    co_return grown_->exchange(false);
  }

 private:
  log::Log& log_;
  std::shared_ptr<asio::steady_timer> timer_;
  std::shared_ptr<std::atomic<bool>> grown_ = std::make_shared<std::atomic<bool>>(false);
  std::uint64_t watcher_ = 0;
};

/// Whose events, and which.
struct Follower {
  Caller caller;
  std::string type;
  Cursor cursor;
};

/// Each round goes by the rights that the caller has then: the stream ends when there are none any more.
asio::awaitable<void> follow(Services& services, Follower follower, http::BodyWriter& writer) {
  Growth growth(services.log, co_await asio::this_coro::executor);
  for (bool grown = true;;) {
    const auto principal = principal_now(services, follower.caller);
    if (!principal) co_return;
    if (grown) {
      auto filter = EventFilter::of(*principal);
      filter.type = follower.type;
      const auto events =
          co_await on_blocking(services, [&] { return read_events(services.log, follower.cursor, filter, kLimitMax); });
      if (!events) co_return;
      std::string lines;
      for (const auto& event : events.value()) lines += event.json + "\n";
      if (!lines.empty() && !co_await writer.write(lines)) co_return;
      if (events.value().size() == kLimitMax) continue;
    }
    grown = co_await growth.wait();
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  }
}

asio::awaitable<Response> get_events(Services& services, Request& request) {
  if (const auto known = request.query.only({"after", "limit", "tail", "type", "follow"}); !known)
    co_return http::refuse(request, known.error());
  const auto limit = request.query.number("limit", 1, kLimitMax);
  if (!limit) co_return http::refuse(request, limit.error());
  const auto follows = request.query.flag("follow");
  if (!follows) co_return http::refuse(request, follows.error());
  const auto tail = tail_of(request);
  if (!tail) co_return http::refuse(request, tail.error());
  const auto cursor = cursor_of(services, request);
  if (!cursor) co_return http::refuse(request, cursor.error());
  auto filter = EventFilter::of(*request.principal);
  const auto type = request.query.text("type");
  if (!type) co_return http::refuse(request, type.error());
  filter.type = type.value();
  const auto format = export_format_of(request);
  if (!follows.value() && format != ExportFormat::none) {
    const ExportOf what{"events", kColumns};
    auto pages = record_pages(services.log, cursor.value(), filter);
    co_return co_await export_list(services, request, format, what, std::move(pages));
  }
  if (tail.value())
    co_return co_await on_blocking(services, [&] { return last_page(services, filter, *tail.value(), request); });
  if (!follows.value())
    co_return co_await on_blocking(services, [&] {
      return page(services, cursor.value(), filter, limit.value().value_or(kLimitDefault), request);
    });
  const bool is_ours = co_await on_blocking(services, [&] { return is_of(cursor.value(), services.log); });
  if (!is_ours) co_return http::refuse(request, invalid("cursor.other_log", "this cursor is of another log", "after"));
  Response response;
  response.content_type = "application/x-ndjson";
  Follower follower{caller_of(request), filter.type, cursor.value()};
  response.stream = [&services, follower = std::move(follower)](http::BodyWriter& writer) {
    return follow(services, follower, writer);
  };
  co_return response;
}

struct TimelineQuery {
  Instant at;
  Direction direction = Direction::back;
  std::size_t limit = kLimitDefault;
  EventFilter filter;
};

Result<TimelineQuery> timeline_query_of(const Request& request) {
  HUB_TRY(request.query.only({"at", "direction", "limit", "type"}));
  TimelineQuery query;
  const auto at = parse_rfc3339(request.query.get("at").value_or(""));
  if (!at) return invalid("query.range", "must be a time", "at");
  query.at = at.value();
  const auto direction = request.query.get("direction").value_or("back");
  if (direction != "back" && direction != "on") return invalid("query.range", "must be back or on", "direction");
  query.direction = direction == "back" ? Direction::back : Direction::on;
  HUB_TRY(const auto limit, request.query.number("limit", 1, kLimitMax));
  query.limit = limit.value_or(kLimitDefault);
  query.filter = EventFilter::of(*request.principal);
  HUB_TRY(query.filter.type_beginning, request.query.text("type"));
  return query;
}

asio::awaitable<Response> get_timeline(Services& services, Request& request) {
  const auto query = timeline_query_of(request);
  if (!query) co_return http::refuse(request, query.error());
  const auto& asked = query.value();
  const auto found = co_await on_blocking(
      services, [&] { return read_timeline(services.log, asked.at, asked.direction, asked.filter, asked.limit); });
  if (!found) co_return http::refuse(request, found.error());
  const auto& line = found.value();
  std::string json = "{\"items\":[";
  for (const auto& event : line.events) {
    if (json.back() != '[') json += ',';
    json += "{\"recorded_at\":\"" + to_rfc3339(event.recorded_at) + "\",\"event\":" + event.json + "}";
  }
  json += "],\"whole_to\":" + (line.whole_to ? '"' + to_rfc3339(*line.whole_to) + '"' : std::string("null")) + "}";
  co_return http::answer(std::move(json));
}

}  // namespace

void add_events(http::Router& router, Services& services) {
  router.add(
      {http::Verb::get, "/api/v1/events", [&services](Request& request) { return get_events(services, request); }});
  router.add({http::Verb::get, "/api/v1/events/timeline",
              [&services](Request& request) { return get_timeline(services, request); }});
}

}  // namespace hub::routes
