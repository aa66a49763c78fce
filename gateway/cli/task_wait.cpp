#include "gateway/cli/task_wait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/cli/json_view.hpp"
#include "gateway/cli/patience.hpp"
#include "gateway/cli/task_view.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

using Clock = std::chrono::steady_clock;

// The longest that the API waits.
constexpr Duration kWaitMax = seconds(300);
constexpr std::chrono::seconds kConnectingMax{10};

class Wait {
 public:
  Wait(Session& session, std::string id, std::optional<Duration> longest)
      : session_(session), id_(std::move(id)), longest_(longest), begun_(Clock::now()) {}

  /// The task, ended or not when it has been long enough.
  Result<HttpAnswer> run() {
    for (;;) {
      const auto left = time_left();
      const auto asked = Clock::now();
      auto answer = ask(left);
      if (!answer) {
        // What lasted longer than connecting may was a connection that broke: the patience begins anew.
        if (Clock::now() - asked > kConnectingMax) patience_.reset();
        if (!may_ask_again(answer.error())) return answer;
        continue;
      }
      cut_ = false;
      HUB_TRY(const auto task, parse_answer(answer.value().body));
      if (task_has_ended(task) || left < kWaitMax) return answer;
    }
  }

 private:
  Duration time_left() const {
    if (!longest_) return kWaitMax;
    const auto gone = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_).count();
    return {std::clamp(longest_->micros - gone, std::int64_t{0}, kWaitMax.micros)};
  }

  Result<HttpAnswer> ask(Duration left) {
    // Whole milliseconds, which every reader of spans takes.
    left.micros -= left.micros % 1'000;
    const auto query = query_string({{"wait", "ended"}, {"timeout", to_text(left)}});
    HttpRequest request{"GET", fmt::format("/api/v1/tasks/{}{}", url_encode(id_), query), {}, {}, seconds(60)};
    request.timeout.micros += left.micros;
    return session_.call(request);
  }

  bool may_ask_again(const Failure& failure) {
    const auto http = session_.client();
    if (!http || !http.value()->was_connected() || !is_cut(failure)) return false;
    if (!std::exchange(cut_, true)) {
      patience_.reset();
      session_.console.err(fmt::format("computehub: cut off ({}); connecting again", printable(failure.detail)));
    }
    return patience_.wait();
  }

  Session& session_;
  const std::string id_;
  const std::optional<Duration> longest_;
  const Clock::time_point begun_;
  Patience patience_;
  bool cut_ = false;
};

}  // namespace

Exit wait_for_task(Session& session, const std::string& id, std::optional<Duration> patience) {
  const auto answer = Wait(session, id, patience).run();
  if (!answer) return report(answer.error(), session);
  const auto task = parse_answer(answer.value().body);
  if (!task) return report(task.error(), session);
  if (task_has_ended(task.value())) return print_result(session, task.value(), answer.value().body);
  if (session.console.json) print_json(answer.value().body, session);
  session.console.err(
      fmt::format("computehub: {} has not ended, but is {}", id, printable(task_status_text(task.value()))));
  return Exit::failed;
}

}  // namespace hub::cli
