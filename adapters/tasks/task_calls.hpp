#pragma once
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/engine/effects.hpp"
#include "actors/engine/input.hpp"
#include "adapters/models/caller.hpp"
#include "adapters/tasks/call_orders.hpp"
#include "adapters/tasks/call_watch.hpp"
#include "events/log/lease.hpp"

namespace hub::models {

/// Of a result's JSON. A larger one fails its task: it must fit into an event.
inline constexpr std::size_t kResultBytesMax = std::size_t{2} << 20U;

/// More of what a call says.
struct Piece {
  const std::string& task;
  const std::string& project;
  std::int32_t attempt = 0;
  std::size_t offset = 0;  ///< bytes of its text before it
  std::string_view text;
};

struct TaskCallsOptions {
  std::string node;  ///< as attempts name it
  /// Told on a thread of the caller, of one task in order; must not block.
  std::function<void(const Piece&)> piece = [](const Piece&) {};
  calls::CallerOptions caller;
  std::size_t threads = 2;  ///< that read inputs and seal results
  /// Calls are begun while it holds, and broken off when it does not any longer. Null: no other node makes them.
  std::shared_ptr<log::Lease> lease = {};
};

/// Carries out the effects of models: "call" makes the call of a task's attempt, "end" ends one that nobody wants. What
/// a call comes to goes back as ReportCallEnded. A call that somebody may have begun already is not made again: it
/// counts as interrupted, and the model gives it the next slot; so does one that is broken off because this node's
/// lease has run out. One that is withdrawn, because another node has the model, is broken off and says nothing.
class TaskCalls final : public engine::EffectSink {
 public:
  using Submit = std::function<void(engine::Input)>;
  /// What the event is to hold of a result. May block.
  using SealResult =
      std::function<Result<std::string>(const CallTarget& target, const std::string& task, const std::string& result)>;

  TaskCalls(TaskCallsOptions options, CallOrders& orders, SealResult seal_result, Submit submit);
  ~TaskCalls() override;

  void start(engine::EffectRequest request) override;
  void withdraw(const std::string& entity, const std::string& name, const std::string& key) override;
  /// Breaks off every call; none of them is told. What is owed is taken up at the next start.
  void stop();

  CallWatch& watch() { return watch_; }
  /// What the attempt under way has said so far; none when this node makes no call of the task.
  struct Partial {
    std::int32_t attempt = 0;
    std::string text;
  };
  std::optional<Partial> partial(const std::string& task) const;

 private:
  struct Call;
  class CallSink;
  using CallPtr = std::shared_ptr<Call>;

  void begin(const std::string& model, const std::string& key, CallData data);
  void end(const std::string& model, const std::string& key, const CallData& data);
  /// Calls that waited for the lease leave.
  void lease_extended();
  /// Looks again when the lease ends; needs the lock.
  void watch_lease();
  void lease_ended();
  void prepare(const CallPtr& call);
  Result<void> leave(const CallPtr& call);
  void ended(const CallPtr& call, calls::Outcome outcome);
  Result<std::string> sealed(const Call& call, const std::string& result) const;
  void report(const Call& call, const calls::Outcome& outcome);
  void report(const std::string& model, const ReportCallEnded& report);
  void report_interrupted(const std::string& model, const CallData& data, std::string_view why);
  bool has_lapsed(const Call& call) const;
  /// False when nobody is to hear of it.
  bool take_off(const Call& call);

  const TaskCallsOptions options_;
  CallOrders& orders_;
  const SealResult seal_result_;
  const Submit submit_;
  CallWatch watch_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, CallPtr> calls_;  ///< by key "<task>.<attempt>"
  std::unordered_map<std::string, CallPtr> by_task_;
  std::vector<CallPtr> held_;  ///< wait for the lease
  bool stopping_ = false;
  boost::asio::thread_pool work_;
  boost::asio::steady_timer lease_timer_{work_};
  bool lease_watched_ = false;
  calls::Caller caller_;
};

}  // namespace hub::models
