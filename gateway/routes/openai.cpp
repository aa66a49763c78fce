// /v1: an OpenAI client works by changing its base URL. Each call is a task: it waits for its turn, and is recorded.
#include <deque>
#include <mutex>

#include "actors/models/commands.hpp"
#include "adapters/tasks/task_seals.hpp"
#include "events/accounts/project_events.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/model_access.hpp"
#include "gateway/routes/openai_answer.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/routes/task_sealing.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
/// A call that failed is made again at its own model behind it, unless a fallback had a slot.
constexpr Duration kFallbackPatience = seconds(1);

/// What of a body matters here; all of it is passed on.
struct Body {
  static constexpr std::string_view required[] = {"model"};
  std::string model;
  std::optional<bool> stream;
};
BOOST_DESCRIBE_STRUCT(Body, (), (model, stream))

/// What the calls of one task say while somebody waits for it here: of the first that has said anything, or of the
/// last.
class Hearing final : public models::CallWatcher {
 public:
  /// `falls_back`: a call that fails is made again at another model, as long as nothing was said.
  explicit Hearing(bool falls_back) : falls_back_(falls_back) {}

  void on_chunk(std::int32_t attempt, std::string_view json) override {
    const std::lock_guard lock(mutex_);
    if (!spoke_) {
      spoke_ = attempt;
      end_.reset();  // of the one before
    }
    if (*spoke_ != attempt) return;
    chunks_.emplace_back(json);
    if (ring_) ring_();
  }
  void on_end(std::int32_t attempt, const calls::Outcome& outcome) override {
    const std::lock_guard lock(mutex_);
    if (spoke_ && *spoke_ != attempt) return;
    end_ = outcome;
    if (ring_) ring_();
  }

  void ring_at(std::function<void()> ring) {
    const std::lock_guard lock(mutex_);
    ring_ = std::move(ring);
  }
  std::deque<std::string> take_chunks() {
    const std::lock_guard lock(mutex_);
    return std::exchange(chunks_, {});
  }
  bool has_chunks() const {
    const std::lock_guard lock(mutex_);
    return !chunks_.empty();
  }
  /// Of the latest call that ended.
  std::optional<calls::Outcome> end() const {
    const std::lock_guard lock(mutex_);
    return end_;
  }
  /// Nothing more is to be heard.
  bool is_over() const {
    const std::lock_guard lock(mutex_);
    if (!end_ || spoke_) return end_.has_value();
    return !falls_back_ || end_->kind != calls::OutcomeKind::failed || end_->retry == calls::Retry::never;
  }

 private:
  const bool falls_back_;
  mutable std::mutex mutex_;
  std::function<void()> ring_;
  std::optional<std::int32_t> spoke_;  ///< the attempt
  std::deque<std::string> chunks_;
  std::optional<calls::Outcome> end_;
};

/// One call of a client, and who waits for it. While it lives its task is listened to.
class Proxied {
 public:
  Proxied(Services& services, std::string task, model_rows::View model, bool falls_back)
      : services_(services),
        task_(std::move(task)),
        model_(std::move(model)),
        hearing_(std::make_shared<Hearing>(falls_back)) {
    if (services_.task_calls != nullptr) services_.task_calls->watch().add(task_, hearing_);
  }
  ~Proxied() {
    if (services_.task_calls != nullptr) services_.task_calls->watch().remove(task_, hearing_.get());
  }
  Proxied(const Proxied&) = delete;
  Proxied& operator=(const Proxied&) = delete;

  /// Until `done`, or the task has ended, wherever its call was made, or the server stops.
  asio::awaitable<void> wait(const std::function<bool()>& done) {
    Alarm alarm(co_await asio::this_coro::executor);
    const Ringing ringing(*this, alarm.ringer());
    while (!done() && !has_ended() && !services_.task_rows.stopped()) co_await alarm.wait_until(SteadyTime::max());
  }

  bool has_ended() const {
    const auto row = services_.tasks.view(task_);
    return row && row.value().status != tasks::Status::pending && row.value().status != tasks::Status::running;
  }
  /// By its record, also where another node made the call.
  bool is_completed() const {
    const auto row = services_.tasks.view(task_);
    return row && row.value().status == tasks::Status::completed;
  }
  /// Nobody waits for it any longer.
  void cancel(engine::Input input) const {
    input.command_id += ":cancel";
    input.type = models::CancelTask::type;
    input.data = encode_command(models::Command(models::CancelTask{task_, "its client has gone"}));
    input.deadline = {};
    static_cast<void>(services_.engine.submit(std::move(input)));
  }

  Hearing& hearing() { return *hearing_; }
  const std::string& task() const { return task_; }
  const model_rows::View& model() const { return model_; }

 private:
  /// While it lives somebody is rung for. A wait that is cancelled ends by an exception.
  class Ringing {
   public:
    Ringing(const Proxied& call, const std::function<void()>& ring)
        : call_(call), rows_(call.services_.task_rows, call.task_, ring) {
      call_.hearing_->ring_at(ring);
    }
    ~Ringing() { call_.hearing_->ring_at({}); }
    Ringing(const Ringing&) = delete;
    Ringing& operator=(const Ringing&) = delete;

   private:
    const Proxied& call_;
    const RowWatch::Watching rows_;
  };

  Services& services_;
  const std::string task_;
  const model_rows::View model_;
  const std::shared_ptr<Hearing> hearing_;
};
using ProxiedPtr = std::shared_ptr<Proxied>;

struct Call {
  engine::Input input;
  models::SubmitTasks command;
  std::string plain;
  bool streams = false;
  ProxiedPtr proxied;
};

Result<Call> call_of(Services& services, const Request& request, calls::TaskType type) {
  HUB_TRY(request.query.only({"project"}));
  HUB_TRY(check_json(request));
  HUB_TRY(const auto body, from_json<Body>(request.body, ReadMode::lenient));
  HUB_TRY(auto model, model_of(services, request, body.model, accounts::Role::dev));
  HUB_TRY(const auto spec, model_rows::spec_of(model));
  const bool falls_back = !spec.fallbacks.empty();
  // A task would wait; whoever asks here waits for an answer.
  if (model.status != models::Status::online && !falls_back)
    return conflict("model.offline", "the model is not online: switch it on, or submit a task, which waits for it");
  Call call;
  call.plain = "{\"openai\":" + std::string(request.body) + "}";
  HUB_TRY(calls::check_input(type, call.plain));
  HUB_TRY(call.input, command_of(request, services.clock()));
  call.input.entity = model.id;
  call.input.project = model.project;
  call.input.type = models::SubmitTasks::type;
  call.streams = body.stream.value_or(false);
  models::NewTask task;
  task.task = derive_id_on_shard(tasks::kTaskPrefix, shard_of(model.id), call.input.command_id, 0);
  task.task_type = calls::name_of(type);
  task.labels.emplace("api", "v1");
  // Whoever waits tries again by itself.
  task.max_retries = 0;
  // But for the one try that each fallback gives it, which is for when none of them has a slot.
  if (falls_back) task.retry_delay = kFallbackPatience;
  call.command.owner = request.principal->id;
  call.proxied = std::make_shared<Proxied>(services, task.task, std::move(model), falls_back);
  call.command.tasks.push_back(std::move(task));
  return call;
}

/// What an endpoint answered that refused: its own words where it gave any.
Response refused_call(const Request& request, const calls::Outcome& outcome) {
  const bool is_theirs = outcome.http_status >= 400 && outcome.http_status < 600;
  const int status = is_theirs ? outcome.http_status : outcome.code == calls::kTimedOut ? 504 : 502;
  auto response = openai_refusal(request, http::http_failure(status, outcome.code, outcome.detail));
  if (outcome.retry_after_ms > 0)
    response.headers.emplace_back("Retry-After", std::to_string((outcome.retry_after_ms + 999) / 1'000));
  return response;
}

/// From the record, when the call was made at another node, or before.
Result<std::string> recorded_answer(Services& services, const Proxied& call, bool as_chunk) {
  HUB_TRY(const auto task, services.tasks.view(call.task()));
  if (task.status != tasks::Status::completed)
    return Failure{FailureKind::unavailable, task.reason.code, task.reason.text, "", 0};
  HUB_TRY(const auto sealed, services.tasks.sealed(task));
  HUB_TRY(const auto result, models::open_part(services.sealer, task.id, models::kResultPart, sealed.result.text));
  return as_chunk ? openai_chunk(task, call.model().name, result) : openai_answer(task, call.model().name, result);
}

asio::awaitable<Response> whole_answer(Services& services, const Request& request, const ProxiedPtr& call) {
  const std::function<bool()> is_over = [&] { return call->hearing().is_over(); };
  co_await call->wait(is_over);
  const auto end = call->hearing().end();
  if (end && end->kind == calls::OutcomeKind::completed && !end->answer.empty()) co_return http::answer(end->answer);
  if (end && end->kind == calls::OutcomeKind::failed && !call->is_completed()) co_return refused_call(request, *end);
  // The record has it a moment later than the call itself.
  const std::function<bool()> never = [] { return false; };
  co_await call->wait(never);
  auto json = co_await on_blocking(services, [&] { return recorded_answer(services, *call, false); });
  if (!json) co_return openai_refusal(request, json.error());
  co_return http::answer(std::move(json).value());
}

std::string as_event(std::string_view json) {
  std::string event = "data: ";
  event += json;
  event += "\n\n";
  return event;
}

/// A client that goes takes its task with it, however that is found out.
class Leash {
 public:
  Leash(const Proxied& call, const engine::Input& input) : call_(call), input_(input) {}
  ~Leash() {
    if (!is_loose_) call_.cancel(input_);
  }
  Leash(const Leash&) = delete;
  Leash& operator=(const Leash&) = delete;
  void let_go() { is_loose_ = true; }

 private:
  const Proxied& call_;
  const engine::Input& input_;
  bool is_loose_ = false;
};

/// Passes the chunks on as they come, until the call has ended.
asio::awaitable<void> pass_on(Services& services, const ProxiedPtr& call, const engine::Input& input,
                              http::BodyWriter& writer) {
  Leash leash(*call, input);
  bool any = false;
  const std::function<bool()> has_news = [&] { return call->hearing().has_chunks() || call->hearing().is_over(); };
  for (;;) {
    const bool is_over = call->hearing().is_over();
    std::string events;
    for (const auto& chunk : call->hearing().take_chunks()) events += as_event(chunk);
    any = any || !events.empty();
    if (!events.empty() && !co_await writer.write(events)) co_return;
    if (is_over || call->has_ended()) break;
    co_await call->wait(has_news);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  }
  const auto end = call->hearing().end();
  const bool has_failed = end && end->kind != calls::OutcomeKind::completed && (any || !call->is_completed());
  // One that broke off within its answer is not wanted a second time.
  if (!has_failed) leash.let_go();
  std::string last;
  if (has_failed) {
    last = as_event(openai_error(end->detail, end->code));
  } else if (!any) {
    const std::function<bool()> never = [] { return false; };
    co_await call->wait(never);
    const auto chunk = co_await on_blocking(services, [&] { return recorded_answer(services, *call, true); });
    last = as_event(chunk ? chunk.value() : openai_error(chunk.error().detail, chunk.error().code));
  }
  last += "data: [DONE]\n\n";
  co_await writer.write(last);
}

asio::awaitable<Response> streamed_answer(Services& services, const Request& request, ProxiedPtr call,
                                          engine::Input input) {
  // What fails before the first word is an answer of its own.
  const std::function<bool()> has_news = [&] { return call->hearing().has_chunks() || call->hearing().is_over(); };
  co_await call->wait(has_news);
  const auto end = call->hearing().end();
  if (end && end->kind == calls::OutcomeKind::failed && !call->hearing().has_chunks() && !call->is_completed())
    co_return refused_call(request, *end);
  Response response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.stream = [&services, call = std::move(call), input = std::move(input)](http::BodyWriter& writer) {
    return pass_on(services, call, input, writer);
  };
  co_return response;
}

asio::awaitable<Response> proxy(Services& services, Request& request, calls::TaskType type) {
  auto made = call_of(services, request, type);
  if (!made) co_return openai_refusal(request, made.error());
  auto& call = made.value();
  auto& task = call.command.tasks.front();
  const auto subject = accounts::project_id(call.input.organisation, call.input.project);
  auto sealed = co_await seal_input(services, subject, task.task, call.plain);
  if (!sealed) co_return openai_refusal(request, sealed.error());
  task.input.text = std::move(sealed).value();
  call.input.data = encode_command(models::Command(std::move(call.command)));
  const auto input = call.input;
  const auto reply = co_await send(services, std::move(call.input));
  if (!reply) co_return openai_refusal(request, reply.error());
  if (reply.value().refusal) co_return openai_refusal(request, *reply.value().refusal);
  if (call.streams) co_return co_await streamed_answer(services, request, call.proxied, input);
  co_return co_await whole_answer(services, request, call.proxied);
}

asio::awaitable<Response> list_models(Services& services, Request& request) {
  if (const auto known = request.query.only({"project"}); !known) co_return openai_refusal(request, known.error());
  const auto project = project_of(request, accounts::Role::viewer);
  if (!project) co_return openai_refusal(request, project.error());
  std::string json = R"({"object":"list","data":[)";
  for (const auto& model : services.models.all({project.value()})) {
    if (json.back() != '[') json += ',';
    json += "{\"id\":" + json_string(model.name) +
            ",\"object\":\"model\",\"created\":" + std::to_string(model.created_at.micros / kMicrosPerSecond) +
            ",\"owned_by\":" + json_string(model.project) + "}";
  }
  co_return http::answer(json + "]}");
}

}  // namespace

void add_openai(http::Router& router, Services& services) {
  using http::Verb;
  router.add({Verb::post, "/v1/chat/completions",
              [&services](Request& request) { return proxy(services, request, calls::TaskType::text_generation); }});
  router.add({Verb::post, "/v1/embeddings",
              [&services](Request& request) { return proxy(services, request, calls::TaskType::embedding); }});
  router.add({Verb::get, "/v1/models", [&services](Request& request) { return list_models(services, request); }});
}

}  // namespace hub::routes
