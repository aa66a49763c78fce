#include "adapters/tasks/task_calls.hpp"

#include <boost/asio/post.hpp>

#include "events/core/json_codec.hpp"
#include "events/core/logging.hpp"

namespace hub::models {
namespace {

/// Of what a running call has said, kept for those who come to watch it.
constexpr std::size_t kPartialBytesMax = std::size_t{1} << 20U;
const std::string kNoopResult = R"({"text":""})";

Verdict verdict_of(const calls::Outcome& outcome) {
  switch (outcome.kind) {
    case calls::OutcomeKind::completed:
      return Verdict::completed;
    case calls::OutcomeKind::aborted:
      return Verdict::aborted;
    case calls::OutcomeKind::failed:
      break;
  }
  if (outcome.retry == calls::Retry::retry) return Verdict::retry;
  return outcome.retry == calls::Retry::slow_down ? Verdict::slow_down : Verdict::never;
}

std::string_view outcome_name(const calls::Outcome& outcome) {
  if (outcome.kind == calls::OutcomeKind::completed) return "completed";
  if (outcome.kind == calls::OutcomeKind::aborted) return "aborted";
  return outcome.code == calls::kTimedOut ? "timed_out" : "failed";
}

calls::Outcome failed(const Failure& failure) {
  calls::Outcome outcome;
  outcome.kind = calls::OutcomeKind::failed;
  outcome.retry = failure.kind == FailureKind::unavailable ? calls::Retry::retry : calls::Retry::never;
  outcome.code = failure.code;
  outcome.detail = failure.field.empty() ? failure.detail : failure.field + ": " + failure.detail;
  return outcome;
}

calls::Outcome aborted() {
  calls::Outcome outcome;
  outcome.kind = calls::OutcomeKind::aborted;
  outcome.code = calls::kAborted;
  return outcome;
}

}  // namespace

/// One attempt, from the moment it is owed to its end. Fields behind `target` need the lock.
struct TaskCalls::Call {
  std::string model;
  std::string key;
  CallData data;
  std::shared_ptr<const CallTarget> target;  ///< of the preparing thread; set before the call leaves
  std::optional<calls::Caller::CallId> id;
  std::string text;
  bool withdrawn = false;   ///< nobody is to hear of it …
  bool end_wanted = false;  ///< … but of its end
  bool lapsed = false;      ///< another node may make it
};

class TaskCalls::CallSink final : public calls::Sink {
 public:
  CallSink(TaskCalls& calls, CallPtr call) : calls_(calls), call_(std::move(call)) {}

  void on_piece(std::string_view text) override {
    calls_.options_.piece({call_->data.task, call_->target->project, call_->data.attempt, said_, text});
    said_ += text.size();
    const std::lock_guard lock(calls_.mutex_);
    if (call_->text.size() + text.size() <= kPartialBytesMax) call_->text += text;
  }
  void on_chunk(std::string_view json) override {
    for (const auto& watcher : calls_.watch_.of(call_->data.task)) watcher->on_chunk(call_->data.attempt, json);
  }
  void on_end(calls::Outcome outcome) override {
    // Sealing a result is no work for the thread that carries all calls.
    boost::asio::post(calls_.work_, [this_calls = &calls_, call = call_, outcome = std::move(outcome)]() mutable {
      this_calls->ended(call, std::move(outcome));
    });
  }

 private:
  TaskCalls& calls_;
  CallPtr call_;
  std::size_t said_ = 0;
};

TaskCalls::TaskCalls(TaskCallsOptions options, CallOrders& orders, SealResult seal_result, Submit submit)
    : options_(std::move(options)),
      orders_(orders),
      seal_result_(std::move(seal_result)),
      submit_(std::move(submit)),
      work_(options_.threads),
      caller_(options_.caller) {
  if (options_.lease) options_.lease->on_extended([this] { lease_extended(); });
}

TaskCalls::~TaskCalls() {
  stop();
}

void TaskCalls::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    lease_timer_.cancel();
  }
  if (options_.lease) options_.lease->on_extended({});
  caller_.stop();
  work_.join();
}

void TaskCalls::start(engine::EffectRequest request) {
  auto read = decode_call_data(request.data);
  HUB_ASSERT(read);
  auto& data = read.value();
  if (request.name == "end") return end(request.entity, request.key, data);
  HUB_ASSERT(request.name == "call");
  if (!request.resumed) return begin(request.entity, request.key, std::move(data));
  report_interrupted(request.entity, data, "the node that made the call ended, or lost the model, before the call did");
}

void TaskCalls::report_interrupted(const std::string& model, const CallData& data, std::string_view why) {
  ReportCallEnded interrupted;
  interrupted.task = data.task;
  interrupted.verdict = Verdict::interrupted;
  interrupted.end.attempt = data.attempt;
  interrupted.end.outcome = "interrupted";
  interrupted.end.code = "call.interrupted";
  interrupted.end.detail = why;
  interrupted.end.node = options_.node;
  report(model, interrupted);
}

void TaskCalls::begin(const std::string& model, const std::string& key, CallData data) {
  auto call = std::make_shared<Call>();
  call->model = model;
  call->key = key;
  call->data = std::move(data);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !calls_.emplace(key, call).second) return;
    by_task_[call->data.task] = call;
    if (options_.lease && !options_.lease->holds()) return held_.push_back(call);
    watch_lease();
  }
  boost::asio::post(work_, [this, call] { prepare(call); });
}

void TaskCalls::end(const std::string& model, const std::string& key, const CallData& data) {
  std::optional<calls::Caller::CallId> id;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (const auto found = calls_.find(key); found != calls_.end()) {
      found->second->end_wanted = true;
      id = found->second->id;
      if (!id && std::erase(held_, found->second) > 0)
        boost::asio::post(work_, [this, call = found->second] { ended(call, aborted()); });
      if (!id) return;  // it is told before it leaves
    }
  }
  if (id) return caller_.abort(*id);
  Call gone;
  gone.model = model;
  gone.data = data;
  report(gone, aborted());
}

void TaskCalls::withdraw(const std::string&, const std::string& name, const std::string& key) {
  if (name != "call") return;
  std::optional<calls::Caller::CallId> id;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(key);
    if (found == calls_.end()) return;
    found->second->withdrawn = true;
    id = found->second->id;
    if (!id && std::erase(held_, found->second) > 0)
      boost::asio::post(work_, [this, call = found->second] { ended(call, aborted()); });
  }
  if (id) caller_.abort(*id);
}

void TaskCalls::lease_extended() {
  const std::lock_guard lock(mutex_);
  if (stopping_ || held_.empty()) return;
  for (auto& call : std::exchange(held_, {})) boost::asio::post(work_, [this, call] { prepare(call); });
  watch_lease();
}

void TaskCalls::watch_lease() {
  if (!options_.lease || lease_watched_ || stopping_) return;
  lease_watched_ = true;
  lease_timer_.expires_at(options_.lease->until());
  lease_timer_.async_wait([this](boost::system::error_code) { lease_ended(); });
}

void TaskCalls::lease_ended() {
  std::vector<calls::Caller::CallId> ids;
  {
    const std::lock_guard lock(mutex_);
    lease_watched_ = false;
    if (stopping_ || calls_.empty()) return;
    // It has been extended since, most often.
    if (options_.lease->holds()) return watch_lease();
    for (const auto& [key, call] : calls_) {
      if (!call->id) continue;
      call->lapsed = true;
      ids.push_back(*call->id);
    }
  }
  for (const auto id : ids) caller_.abort(id);
}

void TaskCalls::prepare(const CallPtr& call) {
  auto target =
      call->data.loan ? orders_.target(call->model, *call->data.loan) : orders_.target(call->model, call->data.spec);
  if (!target) return ended(call, failed(target.error()));
  call->target = std::move(target).value();
  if (call->target->noop) {
    calls::Outcome done;
    done.kind = calls::OutcomeKind::completed;
    done.result = kNoopResult;
    return ended(call, std::move(done));
  }
  if (const auto left = leave(call); !left) ended(call, failed(left.error()));
}

Result<void> TaskCalls::leave(const CallPtr& call) {
  HUB_TRY(auto request, orders_.request(*call->target, call->data.task));
  auto sink = std::make_shared<CallSink>(*this, call);
  bool wanted = true;
  {
    // Under the lock: whoever does not want it any longer finds its id, or is seen here.
    const std::lock_guard lock(mutex_);
    if (options_.lease && !options_.lease->holds() && !stopping_ && !call->withdrawn && !call->end_wanted) {
      held_.push_back(call);
      return success();
    }
    wanted = !stopping_ && !call->withdrawn && !call->end_wanted;
    if (wanted) call->id = caller_.start(std::move(request), call->data.timeout, std::move(sink));
  }
  if (!wanted) ended(call, aborted());
  return success();
}

bool TaskCalls::take_off(const Call& call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(call.key);
  if (const auto latest = by_task_.find(call.data.task); latest != by_task_.end() && latest->second.get() == &call)
    by_task_.erase(latest);
  return !stopping_ && (!call.withdrawn || call.end_wanted);
}

void TaskCalls::ended(const CallPtr& call, calls::Outcome outcome) {
  std::string for_the_event;
  if (outcome.kind == calls::OutcomeKind::completed) {
    auto made = sealed(*call, outcome.result);
    if (made)
      for_the_event = std::move(made).value();
    else
      outcome = failed(made.error());
  }
  const bool lapsed = outcome.kind == calls::OutcomeKind::aborted && has_lapsed(*call);
  if (!lapsed)
    for (const auto& watcher : watch_.of(call->data.task)) watcher->on_end(call->data.attempt, outcome);
  outcome.result = std::move(for_the_event);
  if (!take_off(*call)) return;
  if (!lapsed) return report(*call, outcome);
  report_interrupted(call->model, call->data, "the node that made the call was cut off from the group of nodes");
}

/// Nobody asked for its end.
bool TaskCalls::has_lapsed(const Call& call) const {
  const std::lock_guard lock(mutex_);
  return call.lapsed && !call.end_wanted;
}

Result<std::string> TaskCalls::sealed(const Call& call, const std::string& result) const {
  if (result.size() > kResultBytesMax)
    return Failure{FailureKind::too_large, std::string(calls::kTooLarge), "the result is larger than 2 MiB", "", 0};
  return seal_result_(*call.target, call.data.task, result);
}

void TaskCalls::report(const Call& call, const calls::Outcome& outcome) {
  ReportCallEnded report;
  report.task = call.data.task;
  report.verdict = verdict_of(outcome);
  report.end.attempt = call.data.attempt;
  report.end.outcome = outcome_name(outcome);
  report.end.code = outcome.code;
  report.end.http_status = outcome.http_status;
  report.end.detail = outcome.detail;
  report.end.node = options_.node;
  report.retry_after = milliseconds(outcome.retry_after_ms);
  if (report.verdict == Verdict::completed) report.result.text = outcome.result;
  report.usage = {outcome.usage.prompt_tokens, outcome.usage.completion_tokens, outcome.usage.total_tokens};
  this->report(call.model, report);
}

void TaskCalls::report(const std::string& model, const ReportCallEnded& report) {
  engine::Input input;
  input.source = engine::Input::Source::effect;
  input.entity = model;
  input.type = ReportCallEnded::type;
  input.data = encode_command(Command(report));
  input.actor = "system";
  submit_(std::move(input));
}

std::optional<TaskCalls::Partial> TaskCalls::partial(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_task_.find(task);
  if (found == by_task_.end()) return std::nullopt;
  return Partial{found->second->data.attempt, found->second->text};
}

}  // namespace hub::models
