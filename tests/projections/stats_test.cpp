#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "projections/core/rows.hpp"
#include "projections/core/scan.hpp"
#include "projections/stats/figures.hpp"
#include "projections/stats/queries.hpp"
#include "tests/projections/task_lives.hpp"

namespace hub::testing {
namespace {

using tasks::Status;

using Folder = test::TempFolder;

class TaskStats : public ::testing::Test {
 protected:
  void SetUp() override { hub.runner->start(); }

  boost::json::object dashboard(const std::vector<std::string>& projects = {"default"}) {
    EXPECT_TRUE(hub.settle());
    return boost::json::parse(stats.dashboard(projects, lives.now)).as_object();
  }
  boost::json::array days(std::int64_t count) {
    EXPECT_TRUE(hub.settle());
    return boost::json::parse(stats.by_date({"default"}, count, lives.now)).at("items").as_array();
  }
  boost::json::array hours(std::int64_t count, const std::optional<std::string>& model = {}) {
    EXPECT_TRUE(hub.settle());
    return boost::json::parse(stats.by_hour({"default"}, model, count, lives.now)).at("items").as_array();
  }
  /// Runs one task for so long.
  void run_one(std::size_t model, Duration span, models::Verdict verdict = models::Verdict::completed) {
    const auto id = lives.submit(model);
    lives.now = lives.now + span;
    lives.end(model, id, verdict);
  }

  const Folder folder;
  MemoryLog log;
  TaskLives lives{log};
  TaskHub hub{log, folder.path()};
  stats::Stats stats{hub.feed()};
};

TEST_F(TaskStats, OfNothingAreNullWhereNothingIsKnown) {
  const auto board = dashboard();
  EXPECT_EQ(boost::json::serialize(board),
            R"({"tasks":{"pending":0,"running":0,"completed":0,"failed":0,"cancelled":0},"models":[],)"
            R"("last_24h":{"completed":0,"failed":0,"success_rate":null,"tokens":0,"cost_usd_micro":0,)"
            R"("wait_ms":{"p50":null,"p95":null,"p99":null},"run_ms":{"p50":null,"p95":null,"p99":null}}})");
  const auto week = days(7);
  ASSERT_EQ(week.size(), 7U);
  EXPECT_EQ(boost::json::serialize(week.back()),
            R"({"date":"2026-03-01","total":0,"completed":0,"failed":0,"cancelled":0,"success_rate":null,"tokens":0,)"
            R"("cost_usd_micro":0})");
}

TEST_F(TaskStats, OfTheDashboardSayWhatThereIsAndWhatWasDoneLately) {
  const auto number = lives.add(model_spec("tiny", 1));
  run_one(number, seconds(2));
  run_one(number, seconds(4));
  run_one(number, seconds(1), models::Verdict::never);
  lives.submit(number);
  lives.submit(number);
  const auto board = dashboard();
  const auto& tasks = board.at("tasks").as_object();
  EXPECT_EQ(tasks.at("completed").as_int64(), 2);
  EXPECT_EQ(tasks.at("failed").as_int64(), 1);
  EXPECT_EQ(tasks.at("running").as_int64(), 1);
  EXPECT_EQ(tasks.at("pending").as_int64(), 1);
  EXPECT_EQ(boost::json::serialize(board.at("models")), R"([{"id":")" + lives.life(number).id +
                                                            R"(","name":"tiny","status":"online","running":1,)"
                                                            R"("slots":1,"pending":1}])");
  const auto& lately = board.at("last_24h").as_object();
  EXPECT_EQ(lately.at("completed").as_int64(), 2);
  EXPECT_NEAR(lately.at("success_rate").to_number<double>(), 2.0 / 3, 1e-9);
  EXPECT_EQ(lately.at("tokens").as_int64(), 24);
  EXPECT_EQ(lately.at("cost_usd_micro").as_int64(), 34);
  EXPECT_NEAR(lately.at("run_ms").as_object().at("p50").to_number<double>(), 2'000, 20);
  EXPECT_NEAR(lately.at("run_ms").as_object().at("p99").to_number<double>(), 4'000, 40);
  EXPECT_EQ(lately.at("wait_ms").as_object().at("p99").to_number<double>(), 0);
  EXPECT_EQ(dashboard({"elsewhere"}).at("models").as_array().size(), 0U);
}

TEST_F(TaskStats, ForgetTheDayBeforeByTheTimeOfTheRecord) {
  const auto number = lives.add(model_spec("tiny", 1));
  run_one(number, seconds(2));
  lives.now = lives.now + seconds(25 * 3'600);
  run_one(number, seconds(8));
  const auto lately = dashboard().at("last_24h").as_object();
  EXPECT_EQ(lately.at("completed").as_int64(), 1);
  EXPECT_NEAR(lately.at("run_ms").as_object().at("p50").to_number<double>(), 8'000, 80);
}

TEST_F(TaskStats, OfEachDayAreOfTheTasksThatWereSubmittedOnIt) {
  const auto number = lives.add(model_spec("tiny", 1));
  run_one(number, seconds(1));
  const auto failed = lives.submit(number);
  lives.end(number, failed, models::Verdict::never);
  lives.now = lives.now + seconds(2 * 86'400);
  run_one(number, seconds(1));
  auto all = days(4);
  ASSERT_EQ(all.size(), 4U);
  const auto count = [&](std::size_t day, std::string_view what) { return all[day].as_object().at(what).as_int64(); };
  EXPECT_EQ(count(1, "total"), 2);
  EXPECT_EQ(count(1, "completed"), 1);
  EXPECT_EQ(count(1, "failed"), 1);
  EXPECT_EQ(count(1, "tokens"), 12);
  EXPECT_EQ(all[1].as_object().at("success_rate").to_number<double>(), 0.5);
  EXPECT_EQ(count(2, "total"), 0);
  EXPECT_EQ(count(3, "completed"), 1);
  EXPECT_EQ(std::string(all[3].as_object().at("date").as_string()), "2026-03-03");
  // Sent again and done at last: it still belongs to the day on which it was submitted, and no longer failed.
  lives.decide(number, models::RetryTask{failed});
  lives.end(number, failed);
  all = days(4);
  EXPECT_EQ(count(1, "total"), 2);
  EXPECT_EQ(count(1, "completed"), 2);
  EXPECT_EQ(count(1, "failed"), 0);
}

TEST_F(TaskStats, OfTheQueueGoOnThroughHoursWithoutEvents) {
  const auto number = lives.add(model_spec("tiny", 1));
  for (int i = 0; i < 5; ++i) lives.submit(number);
  lives.now = lives.now + seconds(3 * 3'600);
  lives.end(number, lives.task(number, 1));
  for (const auto& model : {std::optional<std::string>(), std::optional(lives.life(number).id)}) {
    const auto all = hours(3, model);
    const auto depth = [&](std::size_t hour, std::string_view what) {
      return all[hour].as_object().at("queue").as_object().at(what).as_int64();
    };
    EXPECT_EQ(depth(0, "last"), 4);
    EXPECT_EQ(depth(1, "most"), 4);
    EXPECT_EQ(depth(2, "last"), 3);
    EXPECT_EQ(all[2].as_object().at("completed").as_int64(), 1);
    EXPECT_EQ(all[0].as_object().at("submitted").as_int64(), 0);
  }
  const auto by_model = boost::json::parse(stats.by_model({"default"}, lives.now)).at("items").as_array();
  EXPECT_EQ(by_model.at(0).at("tasks").at("pending").as_int64(), 3);
  EXPECT_EQ(by_model.at(0).at("last_24h").at("completed").as_int64(), 1);
}

TEST_F(TaskStats, AreWhatCountingAllTasksComesToWhateverHappens) {
  lives.pause_ms_max = 20'000;
  for (int i = 0; i < 4; ++i) lives.add(model_spec("model-" + std::to_string(i), 1 + i));
  for (int i = 0; i < 3'000; ++i) lives.step();
  ASSERT_TRUE(hub.settle());
  std::map<std::int64_t, stats::Submitted> counted;
  std::map<Status, std::int64_t> standing;
  for (std::size_t number = 0; number < lives.size(); ++number)
    for (const auto& [id, version] : lives.life(number).versions) {
      const auto view = hub.tasks.view(id).value();
      auto& hour = counted[stats::hour_of(view.created_at)];
      ++hour.by_status[static_cast<std::size_t>(view.status)];
      hour.tokens += view.usage.total_tokens;
      hour.cost_usd_micro += view.cost_usd_micro;
      ++standing[view.status];
    }
  EXPECT_GT(counted.size(), 3U) << "one hour only";
  const auto store = hub.feed().store();
  const auto rows = store->view();
  for (const auto& [hour, wanted] : counted) {
    const auto bytes = rows.get(stats::figures_key(stats::Scope::project, "default", hour));
    ASSERT_TRUE(bytes);
    EXPECT_EQ(stats::decode(*bytes).value().submitted, wanted);
    EXPECT_EQ(stats::decode_submitted(*bytes).value(), wanted);
  }
  for (const auto& [status, count] : standing) {
    const auto bytes = rows.get(stats::sum_key("default", status));
    EXPECT_EQ(bytes ? projections::decode_sum(*bytes) : 0, count);
  }
  projections::scan(rows, std::string(1, stats::kSumTable), [](std::string_view, std::string_view value) {
    EXPECT_GT(projections::decode_sum(value), 0) << "a sum is never below zero, and one of zero is no row";
    return true;
  });
}

}  // namespace
}  // namespace hub::testing
