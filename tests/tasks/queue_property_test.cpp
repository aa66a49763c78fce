// Random commands against a plain model of the queue that knows nothing of rows, windows and keys.
#include <map>
#include <random>
#include <set>

#include "actors/models/queue.hpp"
#include "events/core/overloaded.hpp"
#include "tests/tasks/modelling.hpp"

namespace hub::test {
namespace {

using models::Verdict;
using tasks::Status;

/// What the events say, held against what was promised. Breaks off at the first broken promise.
class Oracle {
 public:
  struct Task {
    Status status = Status::pending;
    Version version = 0;
    std::int32_t priority = 0;
    std::uint64_t order = 0;
    std::int32_t attempts = 0;
    std::optional<Instant> due;
  };

  std::map<std::string, Task> tasks;
  std::set<std::pair<std::string, std::int32_t>> calls;  ///< with a slot
  std::size_t slots = 0;
  bool online = false, cooling = false, tried = false;

  std::size_t pending() const { return ready_.size() + delayed_.size(); }
  std::size_t may_run() const { return !online || cooling ? 0 : tried ? 1 : slots; }

  void apply(const models::Event& event) {
    if (const auto* task = models::task_of(event)) {
      ASSERT_EQ(task->version, ++tasks[task->task].version);
    }
    std::visit(overloaded{[&](const tasks::TaskSubmitted& e) {
                            auto& task = tasks[e.task];
                            ASSERT_EQ(e.version, 1U);
                            task.priority = e.priority;
                            task.order = ++orders_;
                            enter(e.task, task, e.run_at, e.starts);
                          },
                          [&](const tasks::TaskRequeued& e) {
                            auto& task = tasks[e.task];
                            ASSERT_TRUE(task.status == Status::failed || task.status == Status::cancelled);
                            task.order = ++orders_;
                            enter(e.task, task, std::nullopt, e.starts);
                          },
                          [&](const tasks::TaskStarted& e) { start(e); },
                          [&](const tasks::TaskAttemptFailed& e) {
                            end(e, Status::pending);
                            enter(e.task, tasks[e.task], e.retry_at, false);
                          },
                          [&](const tasks::TaskCompleted& e) {
                            end(e, Status::completed);
                            if (!cooling) tried = false;
                          },
                          [&](const tasks::TaskFailed& e) { end(e, Status::failed); },
                          [&](const tasks::TaskCallEnded& e) {
                            ASSERT_EQ(calls.erase({e.task, e.end.attempt}), 1U);
                          },
                          [&](const tasks::TaskCancelled& e) {
                            auto& task = tasks[e.task];
                            if (task.status == Status::pending) leave(e.task, task);
                            task.status = Status::cancelled;
                          },
                          [&](const models::ModelStatusSet& e) {
                            online = e.status == models::Status::online;
                            if (online) cooling = tried = false;
                          },
                          [&](const models::ModelChanged& e) { slots = static_cast<std::size_t>(e.spec.max_workers); },
                          [&](const models::ModelCooledDown& e) {
                            cooling = tried = true;
                            cool_at_ = e.until;
                          },
                          [&](const models::ModelWoken& e) { wake(e.at); }, [](const auto&) {}},
               event);
  }

 private:
  using Place = std::tuple<std::int32_t, std::uint64_t, std::string>;
  static Place place_of(const std::string& id, const Task& task) { return {-task.priority, task.order, id}; }

  void enter(const std::string& id, Task& task, std::optional<Instant> due, bool starts) {
    task.status = Status::pending;
    task.due = due;
    if (starts) {
      ASSERT_TRUE(ready_.empty()) << "before those that wait";
      ASSERT_LT(calls.size(), may_run());
      return run(id, task);
    }
    if (due)
      delayed_.insert({*due, id});
    else
      ready_.insert(place_of(id, task));
  }
  void leave(const std::string& id, const Task& task) {
    ASSERT_EQ(task.due ? delayed_.erase({*task.due, id}) : ready_.erase(place_of(id, task)), 1U);
  }
  void start(const tasks::TaskStarted& e) {
    auto& task = tasks[e.task];
    ASSERT_EQ(task.status, Status::pending);
    ASSERT_EQ(*ready_.begin(), place_of(e.task, task)) << "another one is before it";
    ASSERT_LT(calls.size(), may_run());
    leave(e.task, task);
    run(e.task, task);
    ASSERT_EQ(e.attempt, task.attempts);
  }
  void run(const std::string& id, Task& task) {
    task.status = Status::running;
    task.due.reset();
    ASSERT_TRUE(calls.insert({id, ++task.attempts}).second);
  }
  template <class Fact>
  void end(const Fact& e, Status status) {
    auto& task = tasks[e.task];
    ASSERT_EQ(task.status, Status::running);
    ASSERT_EQ(calls.erase({e.task, e.end.attempt}), 1U);
    task.status = status;
  }
  void wake(Instant at) {
    if (cooling && cool_at_ <= at) cooling = false;
    while (!delayed_.empty() && delayed_.begin()->first <= at) {
      const auto id = delayed_.begin()->second;
      delayed_.erase(delayed_.begin());
      tasks[id].due.reset();
      ready_.insert(place_of(id, tasks[id]));
    }
  }

 public:
  bool gives_all() const { return ready_.empty() || calls.size() >= may_run(); }

 private:
  std::set<Place> ready_;
  std::set<std::pair<Instant, std::string>> delayed_;
  std::uint64_t orders_ = 0;
  Instant cool_at_;
};

class Campaign {
 public:
  explicit Campaign(std::uint64_t seed) : random_(seed), model_(spec_of(3)) {
    oracle_.online = true;
    oracle_.slots = 3;
  }

  void run(int operations) {
    for (int i = 0; i < operations && !testing::Test::HasFatalFailure(); ++i) {
      step();
      ASSERT_TRUE(oracle_.gives_all()) << "a slot is free and somebody waits for it";
      ASSERT_EQ(static_cast<std::size_t>(model_.state.pending), oracle_.pending());
      if (draw(20) == 0) model_.commit();
      if (draw(500) == 0) model_.reload();
    }
  }

  /// A node that knows nothing but the events comes to the same.
  void compare_with_replay() {
    engine::CollectionRowsInMemory rows;
    models::State state;
    state.collections.attach(&rows);
    for (const auto& event : events_) {
      models::Model::evolve(state, event);
      if (draw(50) > 0) continue;
      rows.apply(state.collections.changes());
      state.collections.settled();
    }
    rows.apply(state.collections.changes());
    model_.commit();
    EXPECT_EQ(models::Model::encode_state(state), models::Model::encode_state(model_.state));
    EXPECT_EQ(rows.rows(), model_.rows.rows());
  }

  std::size_t events() const { return events_.size(); }
  std::size_t refused = 0;

 private:
  static constexpr std::int64_t kQueueMax = 700;

  static models::Spec spec_of(std::int32_t slots) {
    models::Spec spec;
    spec.max_workers = slots;
    spec.max_queue_size = kQueueMax;
    spec.task_defaults.max_retries = 2;
    spec.task_defaults.retry_delay = seconds(3);
    return spec;
  }

  std::size_t draw(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

  void step() {
    model_.now = model_.now + milliseconds(static_cast<std::int64_t>(draw(200)));
    // It fills, then it drains, and again.
    const bool fills = ++steps_ / 3'000 % 2 == 0;
    const auto kind = draw(100);
    if (kind < (fills ? 55U : 30U)) return submit();
    if (kind < 85) return end_call();
    if (kind < 90) return change(models::Wake{});
    if (kind < 94) return cancel();
    if (kind < 97) return change(models::RetryTask{any_task()});
    if (kind < 98) {
      models::ChangeModel command;
      command.change.max_workers = static_cast<std::int32_t>(1 + draw(8));
      return change(command);
    }
    const auto status = draw(3) > 0   ? models::Status::online
                        : draw(2) > 0 ? models::Status::offline
                                      : models::Status::draining;
    change(models::SetModelStatus{status});
  }

  std::string any_task() { return model_.task(static_cast<int>(1 + draw(static_cast<std::size_t>(submitted_) + 1))); }

  void submit() {
    models::SubmitTasks command;
    const auto count = draw(8) == 0 ? 1 + draw(20) : 1;
    for (std::size_t i = 0; i < count; ++i) {
      auto task = model_.new_task(++submitted_, static_cast<std::int32_t>(1 + draw(3)));
      if (draw(6) == 0) task.run_at = model_.now + milliseconds(static_cast<std::int64_t>(draw(20'000)) - 1'000);
      command.tasks.push_back(std::move(task));
    }
    const auto before = oracle_.pending();
    const auto taken = decide(command);
    const auto room = static_cast<std::size_t>(kQueueMax) - std::min(before, static_cast<std::size_t>(kQueueMax));
    ASSERT_GE(taken, std::min(count, room)) << "there was room";
    ASSERT_LE(oracle_.pending(), std::max<std::size_t>(kQueueMax, before)) << "over-admitted";
    refused += count - taken;
  }

  void end_call() {
    if (oracle_.calls.empty()) return;
    auto call = oracle_.calls.begin();
    std::advance(call, static_cast<std::ptrdiff_t>(draw(oracle_.calls.size())));
    models::ReportCallEnded report;
    report.task = call->first;
    // Now and then of an attempt that is over.
    report.end.attempt = draw(50) == 0 ? call->second - 1 : call->second;
    const auto kind = draw(20);
    report.verdict = kind < 15   ? Verdict::completed
                     : kind < 17 ? Verdict::retry
                     : kind < 18 ? Verdict::interrupted
                     : kind < 19 ? Verdict::never
                                 : Verdict::slow_down;
    change(report);
  }

  /// One that waits, most often; one that has a slot now and then.
  void cancel() {
    if (!oracle_.calls.empty() && draw(4) == 0) return change(models::CancelTask{oracle_.calls.begin()->first, "no"});
    change(models::CancelTask{any_task(), "no"});
  }

  void change(const models::Command& command) { decide(command); }

  std::size_t decide(const models::Command& command) {
    const auto decided = model_.decide(command);
    if (!decided) return 0;
    for (const auto& event : decided.value()) {
      oracle_.apply(event);
      events_.push_back(event);
    }
    return decided.value().size();
  }

  std::mt19937_64 random_;
  Modelling model_;
  Oracle oracle_;
  std::vector<models::Event> events_{models::ModelCreated{spec_of(3), models::Status::online, {}}};
  int submitted_ = 0;
  int steps_ = 0;
};

TEST(ModelQueue, KeepsItsPromisesWhateverHappens) {
  constexpr int kCampaigns = 20;
  for (int number = 1; number <= kCampaigns; ++number) {
    SCOPED_TRACE("seed " + std::to_string(number));
    Campaign campaign(static_cast<std::uint64_t>(number));
    campaign.run(50'000);
    if (testing::Test::HasFatalFailure()) return;
    campaign.compare_with_replay();
    EXPECT_GT(campaign.refused, 100U) << "its limit was never met";
    EXPECT_GT(campaign.events(), 25'000U);
  }
}

}  // namespace
}  // namespace hub::test
