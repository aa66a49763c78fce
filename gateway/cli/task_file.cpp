#include "gateway/cli/task_file.hpp"

#include <fmt/format.h>

#include "events/core/ids.hpp"
#include "gateway/cli/flag_values.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/task_filter.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kFileBytesMax = std::size_t{1} << 30U;
// What the API takes at once.
constexpr std::size_t kTasksMax = 10'000;
constexpr std::size_t kBytesMax = std::size_t{30} << 20U;
constexpr Duration kBatchTimeout = seconds(300);

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

class Submission {
 public:
  Submission(Session& session, std::string target, std::string key)
      : session_(session), target_(std::move(target)), key_(std::move(key)) {}

  Result<void> send(const TaskLines& lines) {
    // Each request has a key of its own, the same when the file is submitted again under the same key.
    const auto key = fmt::format("{}-{}", key_, requests_++);
    HttpRequest request{"POST", target_, lines.body, key, kBatchTimeout};
    request.content_type = "application/x-ndjson";
    HUB_TRY(const auto answer, session_.call(request));
    HUB_TRY(const auto document, parse_answer(answer.body));
    for (const auto& item : array_at(document, "items")) take(item, lines);
    return success();
  }

  Exit finish() {
    if (session_.console.json)
      session_.console.line(json::serialize(json::object{{"items", std::move(items_)}}));
    else
      session_.console.err(fmt::format("{} of {} taken", count_text(taken_), count_text(seen_)));
    return taken_ == seen_ ? Exit::done : Exit::failed;
  }

 private:
  void take(const json::value& item, const TaskLines& lines) {
    ++seen_;
    const auto index = static_cast<std::size_t>(number_at(item, "index").value_or(0));
    const auto number = index < lines.numbers.size() ? lines.numbers[index] : 0;
    const auto code = text_at(item, "code");
    if (code.empty()) ++taken_;
    if (session_.console.json) {
      auto told = item.is_object() ? item.as_object() : json::object();
      told["line"] = number;
      items_.push_back(std::move(told));
    } else if (code.empty()) {
      session_.console.line(text_at(item, "id"));
    } else {
      session_.console.err(
          fmt::format("line {}: {} [{}]", number, printable(text_at(item, "detail")), printable(code)));
    }
  }

  Session& session_;
  const std::string target_, key_;
  int requests_ = 0;
  std::int64_t seen_ = 0, taken_ = 0;
  json::array items_;
};

}  // namespace

std::vector<TaskLines> cut_into_requests(std::string_view file, std::size_t tasks_max, std::size_t bytes_max) {
  std::vector<TaskLines> requests;
  for (std::size_t number = 1; !file.empty(); ++number) {
    const auto end = file.find('\n');
    const auto line = file.substr(0, end);
    file = end == std::string_view::npos ? std::string_view{} : file.substr(end + 1);
    if (is_blank(line)) continue;
    const bool is_full = requests.empty() || requests.back().numbers.size() >= tasks_max ||
                         requests.back().body.size() + line.size() + 1 > bytes_max;
    if (is_full) requests.emplace_back();
    auto& request = requests.back();
    request.body.append(line).push_back('\n');
    request.numbers.push_back(number);
  }
  return requests;
}

Exit submit_file(Session& session, const std::string& path, const std::string& project,
                 const std::string& idempotency_key) {
  const auto file = read_given(path, kFileBytesMax, "--file");
  if (!file) return report(file.error(), session);
  const auto requests = cut_into_requests(file.value(), kTasksMax, kBytesMax);
  if (requests.empty()) return report(wrong_usage("--file: there is no task in it", "--file"), session);
  Submission submission(session, std::string(kTasks) + "/batch" + query_string({{"project", project}}),
                        idempotency_key.empty() ? random_command_id() : idempotency_key);
  for (const auto& request : requests) {
    if (const auto sent = submission.send(request); !sent) {
      submission.finish();
      return report(sent.error(), session);
    }
  }
  return submission.finish();
}

}  // namespace hub::cli
