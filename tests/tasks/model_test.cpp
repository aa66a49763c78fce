#include <gmock/gmock.h>

#include "tests/tasks/modelling.hpp"

namespace hub::test {
namespace {

using models::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

models::Spec with_slots(int slots) {
  models::Spec spec;
  spec.max_workers = slots;
  return spec;
}

models::ChangeModel slots(int count) {
  models::ChangeModel command;
  command.change.max_workers = count;
  return command;
}

/// "submitted!" is one that has begun at once.
std::vector<std::string> told(const std::vector<models::Event>& events) {
  std::vector<std::string> names;
  for (const auto& event : events) {
    auto name = std::string(models::Model::event_type(event));
    name = name.substr(name.find('.', name.find('.') + 1) + 1);
    name.resize(name.size() - std::string_view(".v1").size());
    const auto* submitted = std::get_if<tasks::TaskSubmitted>(&event);
    names.push_back(submitted != nullptr && submitted->starts ? name + "!" : name);
  }
  return names;
}

class ModelTest : public testing::Test {
 public:
  std::vector<std::string> submit(Modelling& model, int number, std::int32_t priority = 2) {
    const auto events = model.decide(models::SubmitTasks{{model.new_task(number, priority)}, "user:ann"});
    return events ? told(events.value()) : std::vector<std::string>{events.error().code};
  }
  std::vector<models::Event> end(Modelling& model, int number, std::int32_t attempt, Verdict verdict) {
    return model.decide(model.ended(number, attempt, verdict)).value();
  }
  /// The task that is started by these events; "" when none is.
  static std::string started(const std::vector<models::Event>& events) {
    for (const auto& event : events)
      if (const auto* start = std::get_if<tasks::TaskStarted>(&event)) return start->task;
    return "";
  }
};

TEST_F(ModelTest, ATaskThatFindsASlotHasBegunWithItsFirstEvent) {
  Modelling model(with_slots(1));
  EXPECT_THAT(submit(model, 1), ElementsAre("submitted!"));
  EXPECT_THAT(submit(model, 2), ElementsAre("submitted"));
  const auto events = end(model, 1, 1, Verdict::completed);
  EXPECT_THAT(told(events), ElementsAre("completed", "started"));
  EXPECT_EQ(started(events), model.task(2));
  EXPECT_THAT(told(end(model, 2, 1, Verdict::completed)), ElementsAre("completed"));
  EXPECT_EQ(model.state.pending, 0);
}

TEST_F(ModelTest, UrgentTasksGoRightBehindTheOneThatRuns) {
  Modelling model(with_slots(1));
  for (int number = 1; number <= 10; ++number) submit(model, number, 1);
  for (int number = 11; number <= 15; ++number) submit(model, number, 3);
  int running = 1;
  for (const int next : {11, 12, 13, 14, 15, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
    EXPECT_EQ(started(end(model, running, 1, Verdict::completed)), model.task(next));
    running = next;
  }
}

TEST_F(ModelTest, AnOfflineModelTakesTasksAndStartsThemWhenItIsOnline) {
  Modelling model(with_slots(2), models::Status::offline);
  for (int number = 1; number <= 3; ++number) EXPECT_THAT(submit(model, number), ElementsAre("submitted"));
  EXPECT_THAT(told(model.decide(models::SetModelStatus{models::Status::online}).value()),
              ElementsAre("status_set", "started", "started"));
  model.decide(models::SetModelStatus{models::Status::draining}).value();
  EXPECT_THAT(told(end(model, 1, 1, Verdict::completed)), ElementsAre("completed"));
}

TEST_F(ModelTest, MoreSlotsAreGivenAtOnceAndFewerAsCallsEnd) {
  Modelling model(with_slots(1));
  for (int number = 1; number <= 5; ++number) submit(model, number);
  EXPECT_THAT(told(model.decide(slots(3)).value()), ElementsAre("changed", "started", "started"));
  EXPECT_THAT(told(model.decide(slots(1)).value()), ElementsAre("changed"));
  EXPECT_THAT(told(end(model, 1, 1, Verdict::completed)), ElementsAre("completed"));
  EXPECT_THAT(told(end(model, 2, 1, Verdict::completed)), ElementsAre("completed"));
  EXPECT_THAT(told(end(model, 3, 1, Verdict::completed)), ElementsAre("completed", "started"));
}

TEST_F(ModelTest, TheQueueHoldsExactlyWhatItMay) {
  auto spec = with_slots(1);
  spec.max_queue_size = 3;
  Modelling model(spec);
  std::vector<models::NewTask> batch;
  for (int number = 1; number <= 6; ++number) batch.push_back(model.new_task(number));
  batch[2].run_at = model.now + seconds(60);
  EXPECT_THAT(told(model.decide(models::SubmitTasks{batch, "user:ann"}).value()),
              ElementsAre("submitted!", "submitted", "submitted", "submitted"));
  const auto refused = model.decide(models::SubmitTasks{{model.new_task(7)}, "user:ann"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "model.queue_full");
  EXPECT_EQ(refused.error().http_status(), 429);
  EXPECT_GE(refused.error().retry_after_ms, 1'000);
  // One that comes again finds itself there.
  EXPECT_THAT(told(model.decide(models::SubmitTasks{{batch[1]}, "user:ann"}).value()), IsEmpty());
  // One that is tried again counts, and is let in although there is no room.
  end(model, 1, 1, Verdict::retry);
  EXPECT_EQ(model.state.pending, 3);
  EXPECT_THAT(submit(model, 8), ElementsAre("model.queue_full"));
}

TEST_F(ModelTest, ATaskOfAnotherShardIsRefused) {
  Modelling model;
  auto foreign = model.new_task(1);
  foreign.task = derive_id_on_shard(tasks::kTaskPrefix, (shard_of(model.id) + 1) % kShards, "task", 1);
  const auto refused = model.decide(models::SubmitTasks{{foreign}, "user:ann"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "task.foreign_id");
}

TEST_F(ModelTest, RetriesWaitLongerEachTimeAndEnd) {
  auto spec = with_slots(1);
  spec.task_defaults.max_retries = 3;
  spec.task_defaults.retry_delay = seconds(8);
  Modelling model(spec);
  submit(model, 1);
  for (std::int32_t attempt = 1; attempt <= 3; ++attempt) {
    const auto events = end(model, 1, attempt, Verdict::retry);
    const auto wait = *std::get<tasks::TaskAttemptFailed>(events.at(0)).retry_at - model.now;
    const auto whole = seconds(8 << (attempt - 1));
    EXPECT_LE(wait, whole);
    EXPECT_GE(wait.micros, whole.micros / 4 * 3);
    EXPECT_THAT(told(model.decide(models::Wake{}).value()), IsEmpty()) << "too early";
    model.now = model.now + wait;
    EXPECT_THAT(told(model.decide(models::Wake{}).value()), ElementsAre("woken", "started"));
  }
  EXPECT_THAT(told(end(model, 1, 4, Verdict::retry)), ElementsAre("failed"));
  EXPECT_EQ(models::task_row(model.state, model.task(1))->attempts, 4);
}

TEST_F(ModelTest, AnErrorThatStaysIsNotTriedAgain) {
  Modelling model(with_slots(1));
  submit(model, 1);
  EXPECT_THAT(told(end(model, 1, 1, Verdict::never)), ElementsAre("failed"));
}

TEST_F(ModelTest, AnInterruptedCallGoesOnBeforeAllThatWereSubmittedLater) {
  Modelling model(with_slots(1));
  for (int number = 1; number <= 3; ++number) submit(model, number);
  const auto events = end(model, 1, 1, Verdict::interrupted);
  EXPECT_THAT(told(events), ElementsAre("attempt_failed", "started"));
  EXPECT_EQ(started(events), model.task(1));
  EXPECT_EQ(models::task_row(model.state, model.task(1))->retries, 0);
  EXPECT_THAT(told(end(model, 1, 1, Verdict::completed)), IsEmpty()) << "of an attempt that is over";
  EXPECT_THAT(told(end(model, 1, 2, Verdict::completed)), ElementsAre("completed", "started"));
}

TEST_F(ModelTest, TheSlotOfACancelledCallIsFreeWhenTheCallHasEnded) {
  Modelling model(with_slots(1));
  submit(model, 1);
  submit(model, 2);
  EXPECT_THAT(told(model.decide(models::CancelTask{model.task(1), "enough"}).value()), ElementsAre("cancelled"));
  const auto agenda = models::Model::agenda(model.state);
  ASSERT_EQ(agenda.size(), 1U);
  EXPECT_EQ(agenda[0].name, "end");
  EXPECT_THAT(told(model.decide(models::CancelTask{model.task(1), "enough"}).value()), IsEmpty());
  EXPECT_THAT(told(end(model, 1, 1, Verdict::aborted)), ElementsAre("call_ended", "started"));
  EXPECT_THAT(told(model.decide(models::CancelTask{model.task(2), "enough"}).value()), ElementsAre("cancelled"));
  // What came in too late does not make it a completed one.
  EXPECT_THAT(told(end(model, 2, 1, Verdict::completed)), ElementsAre("call_ended"));
  EXPECT_EQ(models::task_row(model.state, model.task(2))->status, tasks::Status::cancelled);
}

TEST_F(ModelTest, AFailedTaskThatAUserWantsAgainWaitsBehindThoseThatAreThere) {
  Modelling model(with_slots(1));
  for (int number = 1; number <= 3; ++number) submit(model, number);
  end(model, 1, 1, Verdict::never);
  EXPECT_THAT(told(model.decide(models::RetryTask{model.task(1)}).value()), ElementsAre("requeued"));
  EXPECT_EQ(model.decide(models::RetryTask{model.task(1)}).error().code, "task.not_ended");
  EXPECT_EQ(started(end(model, 2, 1, Verdict::completed)), model.task(3));
  EXPECT_EQ(started(end(model, 3, 1, Verdict::completed)), model.task(1));
  EXPECT_THAT(told(end(model, 1, 2, Verdict::completed)), ElementsAre("completed"));
}

TEST_F(ModelTest, AModelThatFailsCoolsDownAndIsThenTriedWithOneCall) {
  auto spec = with_slots(10);
  spec.task_defaults.max_retries = 0;
  Modelling model(spec);
  for (int number = 1; number <= 30; ++number) submit(model, number);
  for (int number = 1; number <= 4; ++number)
    EXPECT_THAT(told(end(model, number, 1, Verdict::retry)), ElementsAre("failed", "started"));
  EXPECT_THAT(told(end(model, 5, 1, Verdict::retry)), ElementsAre("cooled_down", "failed"));
  ASSERT_TRUE(model.state.breaker.until);
  for (int number = 6; number <= 14; ++number) end(model, number, 1, Verdict::retry);
  EXPECT_TRUE(model.state.calls.empty());
  EXPECT_EQ(model.state.breaker.cool_downs, 1) << "those that were under way are no new reason";
  const auto agenda = models::Model::agenda(model.state);
  ASSERT_EQ(agenda.size(), 1U);
  EXPECT_EQ(agenda[0].at, *model.state.breaker.until);
  model.now = *model.state.breaker.until;
  EXPECT_THAT(told(model.decide(models::Wake{}).value()), ElementsAre("woken", "started"));
  EXPECT_THAT(told(end(model, 15, 1, Verdict::retry)), ElementsAre("cooled_down", "failed"));
  EXPECT_EQ(*model.state.breaker.until - model.now, seconds(20));
  model.now = *model.state.breaker.until;
  model.decide(models::Wake{}).value();
  EXPECT_EQ(end(model, 16, 1, Verdict::completed).size(), 11U) << "it is well again: all slots are given";
}

TEST_F(ModelTest, AnEndpointThatAsksForLessIsLeftAloneForAsLongAsItSays) {
  Modelling model(with_slots(2));
  for (int number = 1; number <= 3; ++number) submit(model, number);
  auto report = model.ended(1, 1, Verdict::slow_down);
  report.retry_after = seconds(7);
  EXPECT_THAT(told(model.decide(report).value()), ElementsAre("cooled_down", "attempt_failed"));
  EXPECT_EQ(*model.state.breaker.until, model.now + seconds(7));
}

TEST_F(ModelTest, TokensCostWhatTheModelsPriceSays) {
  auto spec = with_slots(1);
  spec.price = {2'500'000, 10'000'000};
  Modelling model(spec);
  submit(model, 1);
  auto report = model.ended(1, 1, Verdict::completed);
  report.usage = {1'000, 99, 1'099};
  const auto events = model.decide(report).value();
  EXPECT_EQ(std::get<tasks::TaskCompleted>(events[0]).cost_usd_micro, 2'500 + 990);
}

TEST_F(ModelTest, OneWithTasksIsNotDeleted) {
  Modelling model(with_slots(1));
  submit(model, 1);
  EXPECT_EQ(model.decide(models::DeleteModel{}).error().code, "model.has_tasks");
  end(model, 1, 1, Verdict::completed);
  EXPECT_THAT(told(model.decide(models::DeleteModel{}).value()), ElementsAre("deleted"));
  EXPECT_EQ(model.decide(models::SubmitTasks{{model.new_task(2)}, "user:ann"}).error().code, "model.deleted");
}

TEST_F(ModelTest, AnEventAboutATaskThatIsNotThereIsThrownAtTheEngineAndDoesNotEndTheProcess) {
  Modelling model(with_slots(1));
  tasks::TaskStarted started;
  started.task = model.task(1);
  started.version = 2;
  EXPECT_THROW(models::Model::evolve(model.state, started), std::logic_error);
  // Nor does a row that somebody has spoilt.
  submit(model, 1);
  model.reload();
  model.rows.apply({{"t" + model.task(1), "{"}});
  EXPECT_THROW(models::task_row(model.state, model.task(1)), std::runtime_error);
}

}  // namespace
}  // namespace hub::test
