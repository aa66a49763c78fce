// Models that lend each other slots: who is asked, in which order, and that no slot is lost.
#include "actors/models/lending.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <map>
#include <random>

#include "actors/models/model.hpp"
#include "actors/models/queue.hpp"

namespace hub::test {
namespace {

using models::SlotUse;
using models::Verdict;
using tasks::Status;

/// Models and the messages between them, which arrive in the order in which one entity sent them to another, and
/// otherwise in any.
class Village {
 public:
  explicit Village(std::uint64_t seed) : random_(seed) {}

  struct House {
    engine::CollectionRowsInMemory rows;
    models::State state;
  };

  std::string add(const std::string& name, models::Spec spec) {
    const auto id = derive_id(models::kModelPrefix, name, 0);
    auto& house = houses_[id];
    house.state.collections.attach(&house.rows);
    decide(id, models::CreateModel{std::move(spec), models::Status::online, {}});
    return id;
  }

  std::vector<models::Event> decide(const std::string& id, const models::Command& command) {
    auto& house = houses_.at(id);
    engine::Context context;
    context.now = now;
    context.entity = id;
    auto decided = models::Model::decide(house.state, command, context);
    if (!decided) return {};
    for (const auto& event : decided.value()) {
      models::Model::evolve(house.state, event);
      for (auto& message : models::Model::react(house.state, event, id))
        post_[{id, message.to}].push_back(std::move(message));
    }
    if (draw(10) == 0) {
      house.rows.apply(house.state.collections.changes());
      house.state.collections.settled();
    }
    return std::move(decided).value();
  }

  /// One message arrives; false when there is none.
  bool deliver() {
    if (post_.empty()) return false;
    auto at = post_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(draw(post_.size())));
    const auto message = std::move(at->second.front());
    at->second.pop_front();
    if (at->second.empty()) post_.erase(at);
    const auto command = models::Model::decode_command(message.type, message.data);
    EXPECT_TRUE(command) << message.type;
    decide(message.to, command.value());
    return true;
  }
  void deliver_all() {
    int left = 100'000;
    while (deliver()) ASSERT_GT(--left, 0) << "they never come to an end";
  }

  std::string task(const std::string& model, int number) const {
    return derive_id_on_shard(tasks::kTaskPrefix, shard_of(model), model, static_cast<std::uint32_t>(number));
  }
  void submit(const std::string& model, int number, std::int32_t priority = 2) {
    models::NewTask made;
    made.task = task(model, number);
    made.task_type = "text-generation";
    made.input.text = "\"hello\"";
    made.priority = priority;
    decide(model, models::SubmitTasks{{std::move(made)}, "user:ann"});
  }
  void end(const std::string& model, const models::Call& call, Verdict verdict) {
    models::ReportCallEnded report;
    report.task = call.task;
    report.verdict = verdict;
    report.end.attempt = call.attempt;
    report.end.outcome = verdict == Verdict::completed ? "completed" : "failed";
    report.end.code = verdict == Verdict::completed ? "" : "call.failed";
    decide(model, report);
  }
  void switch_to(const std::string& model, models::Status status) { decide(model, models::SetModelStatus{status}); }
  void wake_all() {
    for (const auto& [id, house] : houses_) decide(id, models::Wake{});
  }

  const models::State& state(const std::string& model) const { return houses_.at(model).state; }
  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const auto& [id, house] : houses_) all.push_back(id);
    return all;
  }
  /// The tasks that a model has called, and where.
  std::vector<std::pair<std::string, std::string>> calls(const std::string& model) const {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& call : state(model).calls) found.emplace_back(call.task, call.loan ? call.loan->lender : model);
    return found;
  }
  std::size_t draw(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

  Instant now{1'772'366'400'000'000};

 private:
  std::mt19937_64 random_;
  std::map<std::string, House> houses_;
  std::map<std::pair<std::string, std::string>, std::deque<engine::Message>> post_;
};

models::Spec with(int slots, std::vector<std::string> fallbacks = {}) {
  models::Spec spec;
  spec.max_workers = slots;
  spec.task_defaults.max_retries = 1;
  spec.fallbacks = std::move(fallbacks);
  return spec;
}

using Calls = std::vector<std::pair<std::string, std::string>>;

TEST(Lending, TasksOfAModelThatIsSwitchedOffAreCalledAtItsFallbackByPriority) {
  Village village(1);
  const auto other = village.add("other", with(2));
  const auto model = village.add("model", with(5, {other}));
  village.switch_to(model, models::Status::offline);
  for (int number = 1; number <= 3; ++number) village.submit(model, number, 1);
  village.submit(model, 4, 3);
  village.deliver_all();
  EXPECT_EQ(village.state(other).lent.size(), 2U);
  // Slots go to whoever is first when they come.
  const auto first = village.state(model).calls;
  for (const auto& call : first) village.end(model, call, Verdict::completed);
  village.deliver_all();
  for (const auto& call : std::vector(village.state(model).calls)) village.end(model, call, Verdict::completed);
  village.deliver_all();
  EXPECT_EQ(village.state(model).pending, 0);
  EXPECT_TRUE(village.state(other).lent.empty());
  EXPECT_TRUE(village.state(other).guests.empty());
}

TEST(Lending, ATaskThatFailedGoesToTheFallbacksInTheirOrderInsteadOfWaiting) {
  Village village(2);
  const auto first = village.add("first", with(1)), second = village.add("second", with(1));
  const auto model = village.add("model", with(1, {first, second}));
  village.submit(model, 1);
  const auto task = village.task(model, 1);
  EXPECT_EQ(village.calls(model), (Calls{{task, model}}));
  village.end(model, village.state(model).calls.at(0), Verdict::retry);
  village.deliver_all();
  EXPECT_EQ(village.calls(model), (Calls{{task, first}}));
  village.end(model, village.state(model).calls.at(0), Verdict::retry);
  village.deliver_all();
  EXPECT_EQ(village.calls(model), (Calls{{task, second}}));
  village.end(model, village.state(model).calls.at(0), Verdict::retry);
  village.deliver_all();
  EXPECT_TRUE(village.calls(model).empty()) << "it waits for its retry, at its own model";
  EXPECT_EQ(village.state(model).pending, 1);
  village.now = village.now + seconds(3'600);
  village.wake_all();
  village.deliver_all();
  EXPECT_EQ(village.calls(model), (Calls{{task, model}}));
  // One retry, and one more for each fallback.
  village.end(model, village.state(model).calls.at(0), Verdict::retry);
  EXPECT_EQ(models::task_row(village.state(model), task)->status, Status::failed);
}

TEST(Lending, AFallbackThatIsAwayIsPassedOverUntilItIsBack) {
  Village village(3);
  const auto first = village.add("first", with(1)), second = village.add("second", with(1));
  const auto model = village.add("model", with(2, {first, second}));
  village.switch_to(first, models::Status::offline);
  village.switch_to(model, models::Status::offline);
  village.submit(model, 1);
  village.submit(model, 2);
  village.deliver_all();
  EXPECT_EQ(village.calls(model), (Calls{{village.task(model, 1), second}}));
  village.switch_to(first, models::Status::online);
  village.deliver_all();
  EXPECT_EQ(village.calls(model).size(), 2U);
  EXPECT_EQ(village.calls(model).back().second, first);
}

TEST(Lending, ALenderServesItsOwnMoreUrgentTasksFirst) {
  Village village(4);
  const auto other = village.add("other", with(1));
  const auto model = village.add("model", with(2, {other}));
  village.submit(other, 1);
  village.switch_to(model, models::Status::offline);
  village.submit(model, 1, 2);
  village.deliver_all();
  village.submit(other, 2, 3);
  village.submit(other, 3, 2);
  village.end(other, village.state(other).calls.at(0), Verdict::completed);
  village.deliver_all();
  EXPECT_EQ(village.calls(other), (Calls{{village.task(other, 2), other}})) << "it is more urgent";
  village.end(other, village.state(other).calls.at(0), Verdict::completed);
  village.deliver_all();
  EXPECT_EQ(village.calls(model), (Calls{{village.task(model, 1), other}})) << "it came before the third";
}

TEST(Lending, WhatACallSaysOfTheLenderCountsThere) {
  Village village(5);
  const auto other = village.add("other", with(10));
  const auto model = village.add("model", with(10, {other}));
  village.switch_to(model, models::Status::offline);
  for (int number = 1; number <= 5; ++number) village.submit(model, number);
  village.deliver_all();
  for (const auto& call : std::vector(village.state(model).calls)) village.end(model, call, Verdict::retry);
  village.deliver_all();
  EXPECT_TRUE(village.state(other).breaker.until) << "five in a row";
  EXPECT_FALSE(village.state(model).breaker.until);
  EXPECT_TRUE(village.state(other).lent.empty());
}

TEST(Lending, ASlotThatNobodyNeedsAnyLongerIsGivenBack) {
  Village village(6);
  const auto other = village.add("other", with(1));
  const auto model = village.add("model", with(3, {other}));
  village.submit(other, 1);
  village.switch_to(model, models::Status::offline);
  for (int number = 1; number <= 3; ++number) village.submit(model, number);
  village.deliver_all();
  EXPECT_EQ(village.state(other).guests.size(), 3U);
  village.switch_to(model, models::Status::online);
  village.deliver_all();
  EXPECT_EQ(village.state(model).calls.size(), 3U) << "at its own slots";
  village.end(other, village.state(other).calls.at(0), Verdict::completed);
  village.deliver_all();
  EXPECT_TRUE(village.state(other).lent.empty());
  EXPECT_TRUE(village.state(other).guests.empty()) << "all that it asked for is taken back at once";
  village.decide(model, models::DeleteModel{});
  village.submit(other, 2);
  EXPECT_EQ(village.calls(other).size(), 1U);
}

TEST(Lending, OneThatIsDeletedLendsNothingAndKeepsNobodyWaiting) {
  Village village(7);
  const auto gone = village.add("gone", with(1)), other = village.add("other", with(1));
  const auto model = village.add("model", with(1, {gone, other}));
  village.decide(gone, models::DeleteModel{});
  village.switch_to(model, models::Status::offline);
  village.submit(model, 1);
  village.deliver_all();
  EXPECT_EQ(village.calls(model), (Calls{{village.task(model, 1), other}}));
}

/// Three models that fall back to each other, and everything that can happen to them.
class Campaign {
 public:
  explicit Campaign(std::uint64_t seed) : village_(seed) {
    const auto id = [](const char* name) { return derive_id(models::kModelPrefix, name, 0); };
    ids_ = {village_.add("a", with(3, {id("b"), id("c")})), village_.add("b", with(2, {id("c")})),
            village_.add("c", with(2, {id("a")}))};
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
      step();
      for (const auto& id : ids_) check(id);
    }
  }

  void settle() {
    for (const auto& id : ids_) village_.switch_to(id, models::Status::online);
    for (int round = 0; round < 20'000; ++round) {
      village_.deliver_all();
      bool is_idle = true;
      for (const auto& id : ids_) {
        for (const auto& call : std::vector(village_.state(id).calls)) {
          is_idle = false;
          village_.end(id, call, call.unwanted ? Verdict::aborted : Verdict::completed);
        }
        is_idle = is_idle && village_.state(id).pending == 0;
      }
      if (is_idle) break;
      village_.now = village_.now + seconds(60);
      village_.wake_all();
    }
    village_.deliver_all();
    for (const auto& id : ids_) {
      const auto& state = village_.state(id);
      EXPECT_EQ(state.pending, 0) << "a task waits for ever";
      EXPECT_TRUE(state.calls.empty());
      EXPECT_TRUE(state.lent.empty()) << "a slot is lost";
    }
  }
  std::size_t borrowed = 0;

 private:
  void step() {
    village_.now = village_.now + milliseconds(static_cast<std::int64_t>(village_.draw(500)));
    const auto& id = ids_[village_.draw(ids_.size())];
    const auto kind = village_.draw(100);
    if (kind < 45) {
      village_.deliver();
    } else if (kind < 62) {
      village_.submit(id, ++submitted_, static_cast<std::int32_t>(1 + village_.draw(3)));
    } else if (kind < 85) {
      end_call(id);
    } else if (kind < 90) {
      village_.decide(id, models::Wake{});
    } else if (kind < 94) {
      village_.decide(id, models::CancelTask{village_.task(id, static_cast<int>(1 + village_.draw(200))), "no"});
    } else if (kind < 96) {
      models::ChangeModel command;
      command.change.max_workers = static_cast<std::int32_t>(1 + village_.draw(4));
      village_.decide(id, command);
    } else {
      village_.switch_to(id, village_.draw(3) > 0 ? models::Status::online : models::Status::offline);
    }
  }

  void end_call(const std::string& id) {
    const auto& calls = village_.state(id).calls;
    if (calls.empty()) return;
    const auto call = calls[village_.draw(calls.size())];
    const Verdict verdicts[] = {Verdict::completed, Verdict::retry,     Verdict::retry,
                                Verdict::never,     Verdict::slow_down, Verdict::interrupted};
    village_.end(id, call, verdicts[village_.draw(std::size(verdicts))]);
  }

  /// No more calls are made at an endpoint than it has slots, whoever makes them; max_workers may have become fewer.
  void check(const std::string& id) {
    std::size_t own = 0;
    for (const auto& call : village_.state(id).calls) own += call.loan ? 0U : 1U;
    const auto used = own + village_.state(id).lent.size();
    auto& before = used_[id];
    const auto most = static_cast<std::size_t>(village_.state(id).spec.max_workers);
    ASSERT_LE(used, std::max(most, before));
    before = used;
    for (const auto& each : ids_) {
      for (const auto& call : village_.state(each).calls) {
        if (!call.loan || call.loan->lender != id) continue;
        ++borrowed;
        const auto& lent = village_.state(id).lent;
        ASSERT_TRUE(std::any_of(lent.begin(), lent.end(), [&](const models::Lent& slot) {
          return slot.borrower == each && slot.number == call.loan->number;
        })) << "a call without a slot";
      }
    }
  }

  Village village_;
  std::vector<std::string> ids_;
  std::map<std::string, std::size_t> used_;
  int submitted_ = 0;
};

TEST(Lending, LosesNoSlotAndNoTaskWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Campaign campaign(seed);
    campaign.run(5'000);
    if (testing::Test::HasFatalFailure()) return;
    campaign.settle();
    EXPECT_GT(campaign.borrowed, 100U) << "nobody borrowed anything";
  }
}

}  // namespace
}  // namespace hub::test
