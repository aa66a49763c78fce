#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/projections/support.hpp"

namespace hub::deployments {
namespace {

using testing::at_second;
using testing::Folder;
using testing::Hub;
using testing::id_of;
using testing::Lives;
using testing::MemoryLog;
using testing::requested;
using testing::Writer;

/// Lives of which every state is remembered as it was.
struct Past : ::testing::Test {
  Past() : hub(log, folder.path()) {
    Lives lives(11, 30);
    for (int i = 0; i < 600; ++i) {
      auto record = lives.next(at_second(i));
      const auto partition = partition_of(record.entity, log.partitions());
      HUB_ASSERT(apply(now[record.entity], record, {partition, log.head(partition).seq + 1}, at_second(i)));
      log.write(partition, {std::move(record)}, at_second(i));
      states.push_back(now);
      cursors.push_back(hub.head());
    }
    hub.runner->start();
    HUB_ASSERT(hub.settle());
  }

  using States = std::map<std::string, std::optional<View>>;
  MemoryLog log;
  Folder folder;
  Hub hub;
  States now;
  std::vector<States> states;
  std::vector<Cursor> cursors;
};

std::vector<std::string> ids_in(const std::string& items) {
  std::vector<std::string> ids;
  const auto parsed = boost::json::parse(items);
  for (const auto& item : parsed.as_array()) ids.emplace_back(std::string_view(item.at("id").as_string()));
  return ids;
}

TEST_F(Past, OfOneDeploymentIsTheRowOfThatTime) {
  for (int second = 0; second < 600; second += 37) {
    const auto moment = moment_at(log, Instant{at_second(second).micros + 500'000}).value();
    for (const auto& entry : now) {
      const auto& was = states[static_cast<std::size_t>(second)];
      const auto found = hub.deployments.get_at(entry.first, moment);
      const auto expected = was.find(entry.first);
      if (expected == was.end()) {
        EXPECT_EQ(found.error().code, "deployment.not_found");
        continue;
      }
      auto view = *expected->second;
      view.cost_usd_micro = cost_now(view, moment.at);
      EXPECT_EQ(found.value(), view);
    }
  }
}

TEST_F(Past, AtAPositionIncludesItsEvent) {
  for (const auto& entry : now) {
    const auto position = entry.second->position;
    EXPECT_EQ(hub.deployments.get_at(entry.first, moment_at(log, position).value()).value(), *entry.second);
    const Position before{position.partition, position.seq - 1};
    const auto found = hub.deployments.get_at(entry.first, moment_at(log, before).value());
    if (entry.second->version == 1)
      EXPECT_EQ(found.error().code, "deployment.not_found");
    else
      EXPECT_EQ(found.value().version, entry.second->version - 1);
  }
}

TEST_F(Past, OfAListIsWhatTheListWasThen) {
  for (std::size_t second = 0; second < 600; second += 61) {
    for (const bool by_time : {true, false}) {
      const auto moment = by_time ? moment_at(log, at_second(static_cast<std::int64_t>(second))).value()
                                  : moment_at(log, cursors[second]).value();
      for (const auto status :
           {std::optional<Status>(), std::optional(Status::running), std::optional(Status::deleted)}) {
        ListQuery query;
        query.projects = {"default", "other"};
        query.page_size = 1'000;
        query.status = status;
        query.order = second % 2 == 0 ? Order::newest_first : Order::oldest_first;
        const auto answer = hub.deployments.list_at(query, moment).value();
        std::vector<std::string> expected;
        for (const auto& entry : states[second])
          if (matches(query, decode_row(encode_row(*entry.second)).value())) expected.push_back(entry.first);
        EXPECT_THAT(ids_in(answer.items), ::testing::UnorderedElementsAreArray(expected));
        EXPECT_EQ(answer.total, expected.size());
        EXPECT_EQ(answer.position, cursors[second]);
      }
    }
  }
}

TEST_F(Past, OfAListGoesOnByCursorWithoutARepeat) {
  const auto moment = moment_at(log, cursors[400]).value();
  ListQuery query;
  query.projects = {"default", "other"};
  query.page_size = 1'000;
  const auto whole = ids_in(hub.deployments.list_at(query, moment).value().items);
  query.page_size = 3;
  std::vector<std::string> all;
  do {
    const auto answer = hub.deployments.list_at(query, moment).value();
    for (auto& id : ids_in(answer.items)) all.push_back(std::move(id));
    query.cursor = answer.next_cursor;
  } while (query.cursor);
  EXPECT_EQ(all, whole);
}

TEST_F(Past, OfAnotherLogIsRefused) {
  EXPECT_EQ(moment_at(log, Cursor{1, {0, 0, 0, 0}}).error().code, "cursor.other_log");
  EXPECT_EQ(moment_at(log, Position{9, 1}).error().code, "position.unknown");
}

TEST(LongPast, BeginsAtTheNearestKeptState) {
  MemoryLog log(1);
  const Folder folder;
  Writer writer(log);
  writer.write(1, requested("web"));
  for (Version version = 2; version <= 2 * kHistoryEvery + 10; ++version) {
    DeploymentChanged changed;
    changed.name = "name-" + std::to_string(version);
    writer.write(1, changed);
  }
  Hub hub(log, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  const auto read_for = [&](Version version) {
    const auto before = log.histories();
    const auto view = hub.deployments.get_at(id_of(1), moment_at(log, Position{0, version}).value()).value();
    EXPECT_EQ(view.name, "name-" + std::to_string(version));
    return log.histories() - before;
  };
  EXPECT_EQ(read_for(2 * kHistoryEvery + 5), 1U);
  EXPECT_EQ(read_for(kHistoryEvery + 5), 1U);
  EXPECT_EQ(read_for(kHistoryEvery), 1U);
  EXPECT_GT(read_for(kHistoryEvery - 1), 5U);
}

TEST(ANewerLog, IsSeenByQueriesOfThePastBeforeItIsFolded) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  writer.write(1, requested("web"));
  Hub hub(log, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  hub.runner->stop();
  writer.write(1, DeploymentPrepared{"here", "rlimit", {}});
  const auto moment = moment_at(log, at_second(100)).value();
  EXPECT_EQ(hub.deployments.get_at(id_of(1), moment).value().status, Status::starting);
  ListQuery query;
  query.projects = {"default"};
  query.status = Status::starting;
  EXPECT_EQ(hub.deployments.list_at(query, moment).value().count, 1U);
}

}  // namespace
}  // namespace hub::deployments
