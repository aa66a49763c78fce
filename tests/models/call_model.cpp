// Makes one call to a model, and prints what is told of it as JSON lines: {"chunk": …}, {"piece": …} and, last,
// {"outcome": …}.
//   call_model '{"type":"local","host":"127.0.0.1","port":8080,"api_key":"…","task":"text-generation","input":…,
//                "timeout_ms":20000,"abort_after_pieces":0}'
#include <simdjson.h>

#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>

#include "adapters/models/caller.hpp"
#include "adapters/models/request.hpp"
#include "events/core/json.hpp"

namespace hub::calls {
namespace {

using simdjson::dom::element;

std::string text(element order, std::string_view name) {
  std::string_view value;
  return order[name].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

std::int64_t number(element order, std::string_view name) {
  std::int64_t value = 0;
  return order[name].get(value) == simdjson::SUCCESS ? value : 0;
}

ModelSettings settings_of(element order) {
  ModelSettings settings;
  settings.type = model_type_of(text(order, "type")).value();
  settings.base_url = text(order, "base_url");
  settings.model = text(order, "model");
  settings.host = text(order, "host");
  settings.port = static_cast<std::int32_t>(number(order, "port"));
  settings.model_path = text(order, "model_path");
  settings.url = text(order, "url");
  settings.result_pointer = text(order, "result_pointer");
  if (const auto tokens = number(order, "max_tokens"); tokens > 0) settings.max_tokens = tokens;
  if (element given; order["request_template"].get(given) == simdjson::SUCCESS)
    settings.request_template.text = simdjson::minify(given);
  return settings;
}

class Printer : public Sink {
 public:
  Printer(Caller& caller, std::int64_t abort_after_pieces) : caller_(caller), abort_after_(abort_after_pieces) {}

  void on_piece(std::string_view piece) override {
    std::cout << R"({"piece":)" << json_string(piece) << "}\n" << std::flush;
    const std::lock_guard lock(mutex_);
    if (++pieces_ == abort_after_) caller_.abort(id_);
  }
  void on_chunk(std::string_view json) override { std::cout << R"({"chunk":)" << json << "}\n"; }
  void on_end(Outcome outcome) override {
    constexpr std::string_view kinds[] = {"completed", "failed", "aborted"};
    constexpr std::string_view retries[] = {"retry", "slow_down", "never"};
    std::cout << R"({"outcome":{"kind":")" << kinds[static_cast<std::size_t>(outcome.kind)] << R"(","retry":")"
              << retries[static_cast<std::size_t>(outcome.retry)] << R"(","code":)" << json_string(outcome.code)
              << R"(,"http_status":)" << outcome.http_status << R"(,"detail":)" << json_string(outcome.detail)
              << R"(,"result":)" << (outcome.result.empty() ? "null" : outcome.result) << R"(,"finish_reason":)"
              << json_string(outcome.finish_reason) << R"(,"answer":)" << json_string(outcome.answer)
              << R"(,"usage":{"known":)" << (outcome.usage.known ? "true" : "false") << R"(,"prompt_tokens":)"
              << outcome.usage.prompt_tokens << R"(,"completion_tokens":)" << outcome.usage.completion_tokens
              << R"(,"total_tokens":)" << outcome.usage.total_tokens << "}}}\n"
              << std::flush;
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  void run(Request request, Duration timeout, const std::shared_ptr<Printer>& self) {
    {
      const std::lock_guard lock(mutex_);
      id_ = caller_.start(std::move(request), timeout, self);
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_; });
  }

 private:
  Caller& caller_;
  const std::int64_t abort_after_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Caller::CallId id_ = 0;
  std::int64_t pieces_ = 0;
  bool ended_ = false;
};

int run(std::string_view json) {
  simdjson::dom::parser parser;
  element order;
  if (parser.parse(json.data(), json.size()).get(order) != simdjson::SUCCESS) return 2;
  const auto task = task_type_of(text(order, "task")).value();
  const auto input = simdjson::minify(order["input"].value());
  auto request = make_request(settings_of(order), text(order, "api_key"), task, input);
  if (!request) {
    std::cout << R"({"refused":)" << json_string(request.error().code) << R"(,"field":)"
              << json_string(request.error().field) << "}\n";
    return 1;
  }
  CallerOptions options;
  options.guard = OutboundGuard::make({}, true).value();
  Caller caller(std::move(options));
  const auto printer = std::make_shared<Printer>(caller, number(order, "abort_after_pieces"));
  printer->run(std::move(request).value(), milliseconds(number(order, "timeout_ms")), printer);
  return 0;
}

}  // namespace
}  // namespace hub::calls

int main(int count, char** arguments) {
  return count == 2 ? hub::calls::run(arguments[1]) : 2;
}
