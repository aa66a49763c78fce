// Random lives of models and their tasks: rows, sums and places come to the same as the models themselves, whatever the
// folds were.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "projections/core/host.hpp"
#include "tests/projections/task_lives.hpp"

namespace hub::testing {
namespace {

using tasks::Status;

using Folder = test::TempFolder;

constexpr int kModels = 5;

void add_models(TaskLives& lives) {
  for (int i = 0; i < kModels; ++i)
    lives.add(model_spec("model-" + std::to_string(i), 1 + i % 3), models::Status::online,
              i % 2 == 0 ? "default" : "elsewhere");
}

std::vector<log::BatchPtr> all_batches(MemoryLog& log) {
  std::vector<log::BatchPtr> all;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    const auto batches = log.read(partition, 1, std::size_t{1} << 40U).value();
    all.insert(all.end(), batches.begin(), batches.end());
  }
  return all;
}

/// The content behind folds of so many batches each.
Digest folded(MemoryLog& log, std::size_t batches_per_fold) {
  const Folder folder;
  const auto projection = task_rows::make_projection();
  auto store = projections::Store::open(folder.path(), projections::make_resources(8U << 20U, 8U << 20U),
                                        projections::Store::Mode::write)
                   .value();
  projections::Host host(*projection, log, store);
  std::size_t fed = 0;
  for (const auto& batch : all_batches(log)) {
    EXPECT_TRUE(host.feed(batch));
    if (++fed % batches_per_fold == 0) host.commit();
  }
  host.commit();
  return store->content_hash();
}

TEST(TaskProjection, ComesToTheSameWhateverTheFoldsWere) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    MemoryLog log;
    TaskLives lives(log, seed);
    add_models(lives);
    for (int i = 0; i < 3'000; ++i) lives.step();
    const auto one_by_one = folded(log, 1);
    EXPECT_EQ(folded(log, 7), one_by_one);
    EXPECT_EQ(folded(log, 1'000), one_by_one);
    EXPECT_EQ(folded(log, 1'000'000), one_by_one);
  }
}

class TaskProperties : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  /// What the projection says of a model, against the model.
  void compare(std::size_t number) {
    auto& life = lives.life(number);
    const auto row = hub.models.view(life.id).value();
    EXPECT_EQ(row.pending(), life.state.pending);
    EXPECT_EQ(row.calls, static_cast<std::int64_t>(life.state.calls.size()));
    EXPECT_EQ(row.status, life.state.status);
    EXPECT_EQ(row.cool_until.is_set(), life.state.breaker.until.has_value());
    EXPECT_EQ(row.tried, life.state.breaker.cool_downs > 0);
    EXPECT_EQ(row.per_end, life.state.per_end);
    EXPECT_EQ(row.version, life.version);
    const auto ready = models::first_ready(life.state, 1'000);
    std::map<std::string, std::uint64_t> places;
    for (std::size_t i = 0; i < ready.size(); ++i) places[ready[i].task] = i + 1;
    std::map<Status, std::int64_t> counted;
    for (const auto& [task, version] : life.versions) compare(task, life, places, counted);
    for (const auto status : {Status::pending, Status::running, Status::completed, Status::failed, Status::cancelled}) {
      EXPECT_EQ(row.tasks[static_cast<std::size_t>(status)], counted[status]);
      EXPECT_EQ(total(life, status), static_cast<std::uint64_t>(counted[status]));
    }
  }

  void compare(const std::string& task, const TaskLives::Life& life, const std::map<std::string, std::uint64_t>& places,
               std::map<Status, std::int64_t>& counted) {
    const auto item = hub.tasks.get(task, lives.now).value();
    const auto wanted = models::task_row(life.state, task);
    ASSERT_TRUE(wanted);
    ++counted[wanted->status];
    EXPECT_EQ(item.view.status, wanted->status);
    EXPECT_EQ(item.view.version, wanted->version);
    EXPECT_EQ(item.view.attempts_total, wanted->attempts);
    const auto json = boost::json::parse(item.json).as_object();
    const auto place = places.find(task);
    ASSERT_EQ(json.contains("position"), place != places.end()) << item.json;
    if (place == places.end()) return;
    ++places_compared;
    ASSERT_EQ(static_cast<std::uint64_t>(json.at("position").as_int64()), place->second) << item.json;
  }

  /// What a list of the model's tasks of a status says, and what is in it.
  std::uint64_t total(const TaskLives::Life& life, Status status) {
    task_rows::ListQuery query;
    query.projects = {"default", "elsewhere"};
    query.model = life.id;
    query.status = status;
    query.page_size = projections::kPageSizeMax;
    const auto answer = hub.tasks.list(query).value();
    EXPECT_EQ(answer.total, answer.count);
    return *answer.total;
  }

  const Folder folder;
  MemoryLog log;
  TaskLives lives{log, GetParam()};
  TaskHub hub{log, folder.path()};
  std::size_t places_compared = 0;
};

TEST_P(TaskProperties, RowsSumsAndPlacesAreThoseOfTheModels) {
  hub.runner->start();
  add_models(lives);
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 150; ++i) lives.step();
    ASSERT_TRUE(hub.settle());
    for (std::size_t number = 0; number < lives.size(); ++number) compare(number);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(places_compared, 500U) << "hardly anybody waited";
}

INSTANTIATE_TEST_SUITE_P(Seeds, TaskProperties, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace hub::testing
