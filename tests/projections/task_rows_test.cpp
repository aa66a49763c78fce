#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/projections/task_lives.hpp"

namespace hub::testing {
namespace {

using task_rows::ListQuery;
using ::testing::HasSubstr;
using ::testing::Not;

using Folder = test::TempFolder;

boost::json::object object_of(const std::string& json) {
  return boost::json::parse(json).as_object();
}
std::string text(const boost::json::object& object, std::string_view member) {
  return std::string(object.at(member).as_string());
}

class TaskRows : public ::testing::Test {
 protected:
  void SetUp() override { hub.runner->start(); }

  boost::json::object get(const std::string& id) {
    EXPECT_TRUE(hub.settle());
    const auto item = hub.tasks.get(id, lives.now);
    EXPECT_TRUE(item);
    return object_of(item.value().json);
  }
  boost::json::object model(std::size_t number) {
    EXPECT_TRUE(hub.settle());
    return object_of(hub.models.get(lives.life(number).id).value().json);
  }
  projections::ListAnswer list(ListQuery query) {
    EXPECT_TRUE(hub.settle());
    if (query.projects.empty()) query.projects = {"default"};
    auto answer = hub.tasks.list(query);
    EXPECT_TRUE(answer);
    return std::move(answer).value();
  }
  std::vector<std::string> ids(const projections::ListAnswer& answer) {
    std::vector<std::string> found;
    const auto items = boost::json::parse(answer.items);
    for (const auto& item : items.as_array()) found.push_back(text(item.as_object(), "id"));
    return found;
  }

  const Folder folder;
  MemoryLog log;
  TaskLives lives{log};
  TaskHub hub{log, folder.path()};
};

TEST_F(TaskRows, SayWhatBecameOfATaskFromItsSubmissionToItsResult) {
  const auto number = lives.add(model_spec("tiny", 1));
  auto made = lives.new_task(number, 3);
  made.labels["team"] = "red";
  made.timeout = seconds(90);
  const auto id = lives.submit(number, made);
  auto task = get(id);
  EXPECT_EQ(text(task, "status"), "running");
  EXPECT_EQ(text(task, "model"), "tiny");
  EXPECT_EQ(text(task, "model_id"), lives.life(number).id);
  EXPECT_EQ(text(task, "timeout"), "90s");
  EXPECT_EQ(task.at("priority").as_int64(), 3);
  EXPECT_EQ(text(task.at("labels").as_object(), "team"), "red");
  EXPECT_EQ(text(task.at("reason").as_object(), "code"), "task.started");
  EXPECT_TRUE(task.at("usage").is_null());
  lives.now = lives.now + seconds(2);
  lives.end(number, id);
  task = get(id);
  EXPECT_EQ(text(task, "status"), "completed");
  EXPECT_EQ(task.at("usage").as_object().at("total_tokens").as_int64(), 12);
  EXPECT_EQ(task.at("cost_usd_micro").as_int64(), 17);
  const auto attempt = task.at("attempts").as_array().at(0).as_object();
  EXPECT_EQ(text(attempt, "outcome"), "completed");
  EXPECT_EQ(text(attempt, "node"), "here");
  EXPECT_NE(text(attempt, "started_at"), text(attempt, "ended_at"));
  EXPECT_FALSE(task.contains("pending_reason"));
}

TEST_F(TaskRows, HoldNothingSealedAndTheSealedPartsComeFromTheEvents) {
  const auto number = lives.add(model_spec("tiny"));
  const auto id = lives.submit(number);
  lives.end(number, id);
  ASSERT_TRUE(hub.settle());
  const auto item = hub.tasks.get(id, lives.now).value();
  EXPECT_THAT(item.json, Not(HasSubstr("secret")));
  EXPECT_THAT(list({}).items, Not(HasSubstr("secret")));
  const auto sealed = hub.tasks.sealed(item.view).value();
  EXPECT_EQ(sealed.input.text, "\"secret input\"");
  EXPECT_EQ(sealed.result.text, "{\"text\":\"secret result\"}");
  const auto whole = object_of(item.json_with("\"opened\"", {}));
  EXPECT_EQ(text(whole, "input"), "opened");
  EXPECT_TRUE(whole.at("result").is_null());
}

TEST_F(TaskRows, NameEveryReasonForWhichATaskWaits) {
  const auto number = lives.add(model_spec("tiny", 1));
  const auto running = lives.submit(number);
  const auto behind = lives.submit(number);
  EXPECT_EQ(text(get(behind), "pending_reason"), "no_free_slot (1 of 1)");
  auto later = lives.new_task(number);
  later.run_at = lives.now + seconds(60);
  const auto delayed = lives.submit(number, later);
  EXPECT_EQ(text(get(delayed), "pending_reason"), "delayed (" + to_rfc3339(*later.run_at) + ")");
  EXPECT_EQ(text(get(delayed), "run_at"), to_rfc3339(*later.run_at));
  lives.end(number, running, models::Verdict::retry);
  EXPECT_THAT(text(get(running), "pending_reason"), HasSubstr("retry (2026-"));
  EXPECT_EQ(text(get(running).at("reason").as_object(), "code"), "model.unreachable");
  lives.end(number, behind, models::Verdict::slow_down);
  const auto waits = lives.submit(number);
  const auto until = text(model(number).at("cooling_down").as_object(), "until");
  EXPECT_EQ(text(get(waits), "pending_reason"), "cooling_down (" + until + ")");
  lives.decide(number, models::SetModelStatus{models::Status::offline});
  EXPECT_EQ(text(get(waits), "pending_reason"), "model_offline");
}

TEST_F(TaskRows, KeepTheNewestAttemptsAndCountAll) {
  auto spec = model_spec("tiny", 1);
  spec.task_defaults.max_retries = 1'000;
  const auto number = lives.add(spec);
  const auto id = lives.submit(number);
  constexpr int kAttempts = static_cast<int>(task_rows::kAttemptsKept) + 20;
  for (int i = 1; i < kAttempts; ++i) lives.end(number, id, models::Verdict::interrupted);
  const auto task = get(id);
  EXPECT_EQ(task.at("attempts_total").as_int64(), kAttempts);
  EXPECT_EQ(task.at("attempts").as_array().size(), task_rows::kAttemptsKept);
  EXPECT_TRUE(task.at("attempts").as_array().back().as_object().at("ended_at").is_null());
  EXPECT_FALSE(task.at("attempts").as_array().front().as_object().at("ended_at").is_null());
}

TEST_F(TaskRows, OfATaskThatIsNotFoldedYetAreReadFromTheLog) {
  MemoryLog other;
  TaskLives there(other);
  TaskHub idle(other, folder.path() / "idle");
  const auto number = there.add(model_spec("tiny"));
  const auto id = there.submit(number);
  const auto item = idle.tasks.get(id, there.now);
  ASSERT_TRUE(item);
  EXPECT_EQ(item.value().view.status, tasks::Status::running);
  EXPECT_EQ(item.value().view.model, there.life(number).id);
  EXPECT_EQ(idle.models.get(there.life(number).id).value().view.name, "tiny");
  EXPECT_EQ(idle.tasks.get(there.task(number, 77), there.now).error().code, "task.not_found");
  EXPECT_EQ(idle.tasks.get(there.life(number).id, there.now).error().code, "task.not_found");
}

TEST_F(TaskRows, AreListedTheNewestFirstPageByPageAndByCursor) {
  const auto number = lives.add(model_spec("tiny", 1));
  std::vector<std::string> newest_first;
  for (int i = 0; i < 30; ++i) {
    newest_first.insert(newest_first.begin(), lives.submit(number));
    lives.now = lives.now + seconds(1);
  }
  const auto first = list({});
  EXPECT_EQ(first.total, 30U);
  EXPECT_EQ(ids(first), std::vector<std::string>(newest_first.begin(), newest_first.begin() + 20));
  ListQuery query;
  query.page = 2;
  EXPECT_EQ(ids(list(query)), std::vector<std::string>(newest_first.begin() + 20, newest_first.end()));
  query = {};
  query.cursor = first.next_cursor;
  const auto rest = list(query);
  EXPECT_EQ(ids(rest), std::vector<std::string>(newest_first.begin() + 20, newest_first.end()));
  EXPECT_FALSE(rest.next_cursor);
  EXPECT_EQ(rest.total, 30U);
}

TEST_F(TaskRows, AreFoundByEveryFilterWithAnExactTotalForStatusAndModel) {
  const auto one = lives.add(model_spec("tiny", 1));
  const auto other = lives.add(model_spec("huge", 1), models::Status::online, "default");
  const auto foreign = lives.add(model_spec("tiny", 1), models::Status::online, "elsewhere");
  const auto done = lives.submit(one);
  lives.end(one, done);
  const auto running = lives.submit(one);
  auto labelled = lives.new_task(one, 1);
  labelled.labels["team"] = "Blue";
  labelled.task_type = "custom";
  const auto pending = lives.submit(one, labelled);
  const auto huge = lives.submit(other, 3);
  lives.submit(foreign);
  const auto found = [&](auto change) {
    ListQuery query;
    change(query);
    const auto answer = list(query);
    EXPECT_EQ(answer.total, answer.count);
    auto all = ids(answer);
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto sorted = [](std::vector<std::string> all) {
    std::sort(all.begin(), all.end());
    return all;
  };
  EXPECT_EQ(found([&](auto& q) { q.status = tasks::Status::running; }), sorted({running, huge}));
  EXPECT_EQ(found([&](auto& q) { q.model = lives.life(one).id; }), sorted({done, running, pending}));
  EXPECT_EQ(found([&](auto& q) {
              q.model = lives.life(one).id;
              q.status = tasks::Status::pending;
            }),
            sorted({pending}));
  EXPECT_EQ(found([&](auto& q) { q.model = lives.life(foreign).id; }), sorted({}));
  EXPECT_EQ(found([&](auto& q) { q.type = "custom"; }), sorted({pending}));
  EXPECT_EQ(found([&](auto& q) { q.priority = 3; }), sorted({huge}));
  EXPECT_EQ(found([&](auto& q) { q.labels["team"] = "Blue"; }), sorted({pending}));
  EXPECT_EQ(found([&](auto& q) { q.labels["team"] = "blue"; }), sorted({}));
  EXPECT_EQ(found([&](auto& q) { q.text = "blUE"; }), sorted({pending}));
  EXPECT_EQ(found([&](auto& q) { q.text = "HUG"; }), sorted({huge}));
  EXPECT_EQ(found([&](auto& q) { q.text = running.substr(8, 15); }), sorted({running}));
  EXPECT_EQ(found([&](auto& q) {
              q.text = "tiny";
              q.status = tasks::Status::completed;
            }),
            sorted({done}));
}

TEST_F(TaskRows, AreFoundByTheTimeOfTheirSubmission) {
  const auto number = lives.add(model_spec("tiny", 1));
  std::vector<std::string> made;
  std::vector<Instant> times;
  for (int i = 0; i < 10; ++i) {
    lives.now = lives.now + seconds(1);
    times.push_back(lives.now);
    made.push_back(lives.submit(number));
  }
  ListQuery query;
  query.from = times[3];
  query.to = times[6];
  const auto between = list(query);
  EXPECT_EQ(ids(between), (std::vector<std::string>{made[5], made[4], made[3]}));
  EXPECT_EQ(between.total, 3U);
  query.page_size = 2;
  const auto first = list(query);
  EXPECT_EQ(ids(first), (std::vector<std::string>{made[5], made[4]}));
  query.cursor = first.next_cursor;
  EXPECT_EQ(ids(list(query)), (std::vector<std::string>{made[3]}));
}

TEST_F(TaskRows, ASearchThatLooksAtTooMuchSaysHowFarItCameAndGoesOn) {
  const auto number = lives.add(model_spec("tiny", 1));
  auto labelled = lives.new_task(number);
  labelled.labels["team"] = "red";
  const auto wanted = lives.submit(number, labelled);
  for (int i = 0; i < 50; ++i) {
    lives.now = lives.now + seconds(1);
    lives.submit(number);
  }
  ListQuery query;
  query.text = "red";
  query.scan_rows_max = 20;
  auto answer = list(query);
  EXPECT_EQ(answer.count, 0U);
  EXPECT_FALSE(answer.total);
  int pages = 1;
  for (; answer.next_cursor && answer.count == 0; ++pages) {
    query.cursor = answer.next_cursor;
    answer = list(query);
  }
  EXPECT_EQ(ids(answer), std::vector<std::string>{wanted});
  EXPECT_EQ(pages, 3);
}

TEST_F(TaskRows, ASearchThatTakesTooLongSaysHowFarItCame) {
  auto spec = model_spec("tiny", 1);
  spec.max_queue_size = 10'000;
  const auto number = lives.add(spec);
  constexpr std::size_t kPerCommand = 500, kCount = task_rows::kScanRowsMin + 2 * kPerCommand;
  for (std::size_t made = 0; made < kCount; made += kPerCommand) {
    models::SubmitTasks command;
    for (std::size_t i = 0; i < kPerCommand; ++i) command.tasks.push_back(lives.new_task(number));
    lives.decide(number, command);
  }
  ListQuery query;
  query.text = "nobody has this";
  query.scan_time_max = std::chrono::milliseconds(0);
  auto answer = list(query);
  EXPECT_FALSE(answer.total);
  ASSERT_TRUE(answer.next_cursor);
  query.cursor = answer.next_cursor;
  EXPECT_FALSE(list(query).next_cursor) << "the rest are few";
}

TEST_F(TaskRows, GiveManyAtATimeToWhoeverActsOnMany) {
  const auto number = lives.add(model_spec("tiny", 1));
  std::set<std::string> waiting;
  lives.submit(number);
  for (int i = 0; i < 25; ++i) waiting.insert(lives.submit(number));
  ASSERT_TRUE(hub.settle());
  ListQuery query;
  query.projects = {"default"};
  query.status = tasks::Status::pending;
  query.model = lives.life(number).id;
  query.page_size = 10;
  std::set<std::string> found;
  do {
    const auto matches = hub.tasks.matches(query).value();
    for (const auto& match : matches.items) {
      EXPECT_TRUE(found.insert(match.id).second);
      EXPECT_EQ(match.model, lives.life(number).id);
    }
    query.cursor = matches.next_cursor;
  } while (query.cursor);
  EXPECT_EQ(found, waiting);
}

TEST_F(TaskRows, OfModelsHideTheSecretAndCountSlotsAndQueue) {
  auto spec = model_spec("tiny", 2);
  spec.api_key = "model-tiny-key";
  spec.api_key_last4 = "wxyz";
  const auto number = lives.add(spec);
  for (int i = 0; i < 5; ++i) lives.submit(number);
  lives.decide(number, models::CancelTask{lives.task(number, 1), "no"});
  const auto found = model(number);
  EXPECT_EQ(found.at("running").as_int64(), 2) << "a cancelled call has its slot until it has ended";
  EXPECT_EQ(found.at("pending").as_int64(), 3);
  EXPECT_TRUE(found.at("api_key").as_object().at("set").as_bool());
  EXPECT_EQ(text(found.at("api_key").as_object(), "last4"), "wxyz");
  EXPECT_THAT(boost::json::serialize(found), Not(HasSubstr("model-tiny-key")));
  EXPECT_EQ(text(found, "model"), "tiny") << "a setting of its type";
  EXPECT_EQ(hub.models.view(lives.life(number).id).value().version, lives.life(number).version);
}

TEST_F(TaskRows, OfModelsAreFoundByNameUntilTheyAreDeleted) {
  const auto one = lives.add(model_spec("tiny"));
  const auto other = lives.add(model_spec("tiny"), models::Status::online, "elsewhere");
  const auto id = lives.life(one).id;
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(hub.models.resolve("tiny", {"default"}).value(), id);
  EXPECT_EQ(hub.models.resolve("tiny", {"elsewhere"}).value(), lives.life(other).id);
  EXPECT_EQ(hub.models.resolve("tiny", {"default", "elsewhere"}).error().code, "model.ambiguous");
  EXPECT_EQ(hub.models.resolve(id, {"default"}).value(), id);
  EXPECT_EQ(hub.models.resolve(id, {"elsewhere"}).error().code, "model.not_found");
  models::ChangeModel rename;
  rename.change.name = "small";
  lives.decide(one, rename);
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(hub.models.resolve("tiny", {"default"}).error().code, "model.not_found");
  EXPECT_EQ(hub.models.resolve("small", {"default"}).value(), id);
  model_rows::ListQuery query;
  query.projects = {"default"};
  EXPECT_EQ(hub.models.list(query).value().total, 1U);
  lives.decide(one, models::DeleteModel{});
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(hub.models.list(query).value().total, 0U);
  EXPECT_EQ(hub.models.list(query).value().count, 0U);
  EXPECT_EQ(hub.models.resolve("small", {"default"}).error().code, "model.not_found");
  EXPECT_TRUE(hub.models.get(id).value().view.deleted);
}

}  // namespace
}  // namespace hub::testing
