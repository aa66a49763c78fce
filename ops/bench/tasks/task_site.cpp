#include "ops/bench/tasks/task_site.hpp"

#include <fmt/format.h>

#include <charconv>

#include "ops/bench/http_client.hpp"

namespace hub::bench {
namespace {

constexpr std::chrono::seconds kEndPatience{300};
/// Subscribers answer no pings: a silent one is cut off after a minute.
constexpr std::chrono::seconds kSubscription{30};
constexpr std::string_view kEventFrame = R"("type":"event")";
constexpr std::size_t kSlotsMax = 1'000;
constexpr std::size_t kQueueMax = 10'000'000;

/// Until the stream has told that nothing runs and nothing waits, or for as long as one subscription lasts.
void await_idle(Subscribers& models, const std::string& model) {
  const auto end = Clock::now() + kSubscription;
  bool is_idle = false;
  while (!is_idle && Clock::now() < end)
    models.read(std::chrono::milliseconds(100), [&](std::string_view frame) {
      if (frame.find(kEventFrame) == std::string_view::npos || frame.find(model) == std::string_view::npos) return;
      is_idle = frame.find("\"running\":0,") != std::string_view::npos &&
                frame.find("\"pending\":0,") != std::string_view::npos;
    });
}

}  // namespace

std::string text_in(std::string_view json, std::string_view label) {
  const auto at = json.find(label);
  require(at != std::string_view::npos, fmt::format("no {} in {}", label, json));
  const auto begin = at + label.size();
  return std::string(json.substr(begin, json.find_first_of(",}\"", begin) - begin));
}

TaskSite::TaskSite(const Options& options) : binary_(options.binary), folder_(options.folder) {
  start();
}

void TaskSite::start() {
  const std::vector<std::string> more{"--noop-models", "--worker.max_workers", std::to_string(kSlotsMax)};
  server_.emplace(binary_, folder_.path(), more);
}

void TaskSite::restart() {
  server_.reset();
  start();
  server_->wait_until_quiet();
}

std::string TaskSite::ask(std::string_view method, std::string_view target, std::string_view body, int status) {
  // A connection of its own: the server closes one that was idle while a folder was filled.
  auto answer = HttpClient(server_->port()).ask(method, target, body);
  if (answer.status != status)
    give_up(fmt::format("{} {} is answered {}: {}", method, target, answer.status, answer.body));
  return std::move(answer.body);
}

std::string TaskSite::add_model(std::string_view name, bool online, std::size_t slots) {
  const auto body = fmt::format(R"({{"name":"{}","type":"noop","status":"{}","max_workers":{},"max_queue_size":{}}})",
                                name, online ? "online" : "offline", slots, kQueueMax);
  return text_in(ask("POST", "/api/v1/models", body, 201), "\"id\":\"");
}

std::string TaskSite::add_endpoint(std::string_view name, std::uint16_t port, std::size_t slots) {
  const auto body =
      fmt::format(R"({{"name":"{}","type":"openai","model":"m","base_url":"http://127.0.0.1:{}/v1","status":"online",)"
                  R"("max_workers":{}}})",
                  name, port, slots);
  return text_in(ask("POST", "/api/v1/models", body, 201), "\"id\":\"");
}

void TaskSite::set_online(const std::string& model) {
  ask("PUT", fmt::format("/api/v1/models/{}/status", model), R"({"status":"online"})", 200);
}

std::size_t TaskSite::count(const std::string& model, std::string_view status) {
  const auto target = fmt::format("{}?model={}&status={}&page_size=1", kTasksPath, model, status);
  const auto text = text_in(ask("GET", target, {}, 200), "\"total\":");
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

void TaskSite::await_pending(const std::string& model, std::size_t tasks) {
  const auto start = Clock::now();
  while (count(model, "pending") < tasks)
    if (Clock::now() - start > kEndPatience) give_up("the server has fewer tasks than it has taken");
}

void TaskSite::await_completed(const std::string& model, std::size_t tasks) {
  const auto start = Clock::now();
  while (count(model, "completed") != tasks) {
    if (Clock::now() - start > kEndPatience)
      give_up(fmt::format("of {} tasks {} are completed", tasks, count(model, "completed")));
    // From here on a change is heard of, and what was before is counted.
    Subscribers models(server_->port(), 1, "models");
    if (count(model, "completed") == tasks) return;
    await_idle(models, model);
  }
}

std::string task_json(std::string_view model, std::string_view more) {
  return fmt::format(R"({{"model_id":"{}","type":"text-generation","input":"{}"{}}})", model, kTaskInput, more);
}

std::string task_request(std::string_view model) {
  return http_request("POST", kTasksPath, task_json(model));
}

std::string task_batch_request(const std::vector<std::string>& tasks) {
  return http_request("POST", std::string(kTasksPath) + "/batch", fmt::format("[{}]", fmt::join(tasks, ",")));
}

std::string task_batch_request(std::string_view model, std::size_t tasks) {
  return task_batch_request(std::vector<std::string>(tasks, task_json(model)));
}

}  // namespace hub::bench
