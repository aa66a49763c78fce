#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

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

/// Every id that an answer's items hold, in order.
std::vector<std::string> ids_of(const ListAnswer& answer) {
  std::vector<std::string> ids;
  const auto parsed = boost::json::parse(answer.items);
  for (const auto& item : parsed.as_array()) ids.emplace_back(std::string_view(item.at("id").as_string()));
  HUB_ASSERT(ids.size() == answer.count);
  return ids;
}

/// All pages of a query by cursor, each row once.
std::vector<std::string> all_by_cursor(const Deployments& deployments, ListQuery query) {
  std::vector<std::string> all;
  for (;;) {
    const auto answer = deployments.list(query, {}).value();
    for (auto& id : ids_of(answer)) all.push_back(std::move(id));
    if (!answer.next_cursor) return all;
    query.cursor = answer.next_cursor;
  }
}

std::vector<std::string> all_by_page(const Deployments& deployments, ListQuery query) {
  std::vector<std::string> all;
  for (query.page = 1;; ++query.page) {
    const auto answer = deployments.list(query, {}).value();
    for (auto& id : ids_of(answer)) all.push_back(std::move(id));
    if (!answer.next_cursor) return all;
  }
}

/// A few hundred deployments in all states, in two projects.
struct Lists : ::testing::Test {
  Lists() : hub(log, folder.path()) {
    Lives lives(5, 400);
    for (int i = 0; i < 3'000; ++i) {
      auto record = lives.next(at_second(i));
      const auto partition = partition_of(record.entity, log.partitions());
      apply(views[record.entity], record, {partition, log.head(partition).seq + 1}, at_second(i)).value();
      log.write(partition, {std::move(record)}, at_second(i));
    }
    hub.runner->start();
    HUB_ASSERT(hub.settle());
  }

  /// What the list must be, found by looking at every deployment.
  std::vector<std::string> wanted(const ListQuery& query) const {
    std::vector<std::pair<std::int64_t, std::string>> found;
    for (const auto& entry : views) {
      const auto& view = *entry.second;
      const bool in_project = std::count(query.projects.begin(), query.projects.end(), view.project) > 0;
      if (in_project && matches(query, decode_row(encode_row(view)).value()))
        found.emplace_back(view.created_at.micros, view.id);
    }
    std::sort(found.begin(), found.end());
    if (query.order == Order::newest_first) std::reverse(found.begin(), found.end());
    std::vector<std::string> ids;
    for (auto& place : found) ids.push_back(place.second);
    return ids;
  }

  MemoryLog log;
  Folder folder;
  std::map<std::string, std::optional<View>> views;
  Hub hub;
};

std::vector<ListQuery> queries() {
  std::vector<ListQuery> all;
  for (const auto& projects : {std::vector<std::string>{"default"}, {"default", "other"}, {"nowhere"}})
    for (int filter = 0; filter < 9; ++filter) {
      ListQuery query;
      query.projects = projects;
      query.order = filter % 2 == 0 ? Order::newest_first : Order::oldest_first;
      query.page_size = 7;
      if (filter == 1) query.status = Status::running;
      if (filter == 2) query.status = Status::deleted;
      if (filter == 3) query.owner = "user:2";
      if (filter == 4) query.provider = "runpod";
      if (filter == 5) query.labels["team"] = "t1";
      if (filter == 6) query.text = "NAME-3";
      if (filter == 7) query.status = Status::stopped, query.owner = "user:1";
      if (filter == 8) query.owner = "user:0", query.labels["team"] = "t2", query.provider = "local";
      all.push_back(std::move(query));
    }
  return all;
}

TEST_F(Lists, AreCompleteWithoutARepeatUnderEveryFilter) {
  for (const auto& query : queries()) {
    const auto expected = wanted(query);
    EXPECT_EQ(all_by_cursor(hub.deployments, query), expected);
    EXPECT_EQ(all_by_page(hub.deployments, query), expected);
    auto counted = hub.deployments.list(query, {}).value();
    EXPECT_EQ(counted.total, expected.size());
    if (!counted.next_cursor) continue;
    auto on = query;
    on.cursor = counted.next_cursor;
    EXPECT_EQ(hub.deployments.list(on, {}).value().total, expected.size());
  }
}

TEST(Filters, LookAtWhatTheySay) {
  std::optional<View> view;
  auto event = requested("Web-Front");
  event.spec.labels = {{"team", "Blue"}, {"tier", "1"}};
  HUB_ASSERT(apply(view, testing::record_of(id_of(1), 1, event, at_second(1)), {0, 1}, at_second(1)));
  const auto bytes = encode_row(*view);
  const auto row = decode_row(bytes).value();
  const auto is = [&](auto set) {
    ListQuery query;
    set(query);
    return matches(query, row);
  };
  EXPECT_TRUE(is([](ListQuery&) {}));
  EXPECT_TRUE(is([](ListQuery& query) { query.text = "b-fr"; }));
  EXPECT_TRUE(is([](ListQuery& query) { query.text = "BLUE"; }));
  EXPECT_TRUE(is([](ListQuery& query) { query.text = id_of(1).substr(3, 9); }));
  EXPECT_FALSE(is([](ListQuery& query) { query.text = "team"; }));
  EXPECT_FALSE(is([](ListQuery& query) { query.text = "sleep"; }));
  EXPECT_TRUE(is([](ListQuery& query) { query.labels = {{"team", "Blue"}, {"tier", "1"}}; }));
  EXPECT_FALSE(is([](ListQuery& query) { query.labels = {{"team", "Blue"}, {"tier", "2"}}; }));
  EXPECT_FALSE(is([](ListQuery& query) { query.labels = {{"Blue", "team"}}; }));
  EXPECT_TRUE(is([](ListQuery& query) { query.owner = "user:ada"; }));
  EXPECT_FALSE(is([](ListQuery& query) { query.owner = "user:ad"; }));
  EXPECT_FALSE(is([](ListQuery& query) { query.provider = "runpod"; }));
  EXPECT_FALSE(is([](ListQuery& query) { query.status = Status::running; }));
}

TEST_F(Lists, HaveSumsThatEqualARecount) {
  const auto overview = hub.deployments.overview({"default", "other"});
  EXPECT_EQ(overview.position, hub.head());
  std::map<std::string, Overview::Project> recount;
  for (const auto& entry : views) {
    const auto& view = *entry.second;
    auto& project = recount[view.project];
    ++project.by_status[status_name(view.status)];
    if (view.status == Status::deleted) continue;
    ++project.total;
    ++project.by_owner[view.owner];
    ++project.by_provider[view.provider];
    if (view.billing.since.is_set() && view.price_usd_micro_per_hour != 0)
      project.price_usd_micro_per_hour_by_provider[view.provider] += view.price_usd_micro_per_hour;
  }
  for (const auto* name : {"default", "other"}) {
    EXPECT_EQ(overview.projects.at(name).total, recount[name].total);
    EXPECT_EQ(overview.projects.at(name).by_status, recount[name].by_status);
    EXPECT_EQ(overview.projects.at(name).by_owner, recount[name].by_owner);
    EXPECT_EQ(overview.projects.at(name).by_provider, recount[name].by_provider);
    EXPECT_EQ(overview.projects.at(name).price_usd_micro_per_hour_by_provider,
              recount[name].price_usd_micro_per_hour_by_provider);
  }
}

TEST_F(Lists, AnswerRowsEqualToTheFoldedViews) {
  for (const auto& entry : views) {
    const auto item = hub.deployments.get(entry.first, {}).value();
    EXPECT_EQ(item.json, to_answer(*entry.second));
    EXPECT_EQ(item.status, entry.second->status);
    EXPECT_EQ(item.project, entry.second->project);
  }
}

TEST_F(Lists, SayWhereTheyAre) {
  ListQuery query;
  query.projects = {"default"};
  query.page_size = 2;
  const auto answer = hub.deployments.list(query, {}).value();
  const auto json = boost::json::parse(answer.to_json());
  EXPECT_EQ(json.at("items").as_array().size(), 2U);
  EXPECT_EQ(json.at("page").as_int64(), 1);
  EXPECT_EQ(json.at("page_size").as_int64(), 2);
  EXPECT_EQ(json.at("total").as_int64(), static_cast<std::int64_t>(*answer.total));
  EXPECT_EQ(parse_cursor(std::string_view(json.at("position").as_string())).value(), hub.head());
  query.cursor = std::string(std::string_view(json.at("next_cursor").as_string()));
  EXPECT_TRUE(boost::json::parse(hub.deployments.list(query, {}).value().to_json()).at("page").is_null());
}

TEST_F(Lists, RefusePagesAndCursorsThatAreNone) {
  ListQuery query;
  query.projects = {"default"};
  query.page_size = 1'001;
  EXPECT_EQ(hub.deployments.list(query, {}).error().code, "list.page_size");
  query.page_size = 0;
  EXPECT_EQ(hub.deployments.list(query, {}).error().code, "list.page_size");
  query.page_size = 1'000;
  query.page = 10;
  EXPECT_TRUE(hub.deployments.list(query, {}));
  query.page = 11;
  EXPECT_EQ(hub.deployments.list(query, {}).error().code, "list.use_cursor");
  query.page = 0;
  EXPECT_EQ(hub.deployments.list(query, {}).error().code, "list.page");
  for (const auto* bad : {"", "x", "cA", "AAAAAAAAAAAA", "cAAAAAAAAAAA"}) {
    query.cursor = bad;
    EXPECT_EQ(hub.deployments.list(query, {}).error().code, "cursor.invalid") << bad;
  }
}

TEST(LongLists, AreCountedToTheirLimitAndScannedToTheirs) {
  MemoryLog log(1);
  const Folder folder;
  std::vector<log::Record> records;
  constexpr std::size_t scan_rows_max = 11'000;
  constexpr int count = 11'200;
  for (int i = 0; i < count; ++i) {
    auto event = requested(i == 100 ? "needle" : "hay");
    event.spec.labels["kind"] = i % 30 == 0 ? "rare" : "common";
    records.push_back(testing::record_of(id_of(i), 1, event, at_second(i)));
    if (records.size() == 5'000 || i + 1 == count) log.write(0, std::exchange(records, {}), at_second(i));
  }
  Hub hub(log, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  ListQuery query;
  query.projects = {"default"};
  EXPECT_EQ(hub.deployments.list(query, {}).value().total, static_cast<std::uint64_t>(count));
  query.scan_rows_max = scan_rows_max;
  query.labels["kind"] = "common";
  const auto common = hub.deployments.list(query, {}).value();
  EXPECT_EQ(common.count, 20U);
  EXPECT_EQ(common.total, std::nullopt);
  EXPECT_EQ(common.total_at_least, kPagedRowsMax);
  EXPECT_THAT(common.to_json(), ::testing::HasSubstr(R"("total":null,"total_at_least":10000)"));
  query.labels.clear();
  query.text = "needle";
  const auto first = hub.deployments.list(query, {}).value();
  EXPECT_EQ(first.count, 0U);
  EXPECT_EQ(first.total, std::nullopt);
  ASSERT_TRUE(first.next_cursor);
  query.cursor = first.next_cursor;
  const auto second = hub.deployments.list(query, {}).value();
  EXPECT_EQ(ids_of(second), std::vector<std::string>{id_of(100)});
  EXPECT_FALSE(second.next_cursor);
}

struct Resolving : ::testing::Test {
  Resolving() : writer(log), hub(log, folder.path()) {
    writer.write(1, requested("web"));
    writer.write(2, requested("db"));
    writer.write(3, requested("db"));
    writer.write(4, requested("hidden"), "other");
    writer.write(5, requested("gone"));
    writer.write(5, DeploymentDeleteRequested{});
    writer.write(5, DeploymentDeleted{at_second(9)});
    hub.runner->start();
    HUB_ASSERT(hub.settle());
  }
  Result<std::string> resolve(std::string_view text) const { return hub.deployments.resolve(text, {"default"}); }

  MemoryLog log;
  Folder folder;
  Writer writer;
  Hub hub;
};

TEST_F(Resolving, TakesAnIdANameThatOnlyOneHasOrABeginning) {
  EXPECT_EQ(resolve(id_of(1)).value(), id_of(1));
  EXPECT_EQ(resolve("web").value(), id_of(1));
  EXPECT_EQ(resolve(id_of(1).substr(0, 14)).value(), id_of(1));
  EXPECT_EQ(resolve(id_of(1).substr(4, 10)).value(), id_of(1));
  EXPECT_EQ(resolve(id_of(5)).value(), id_of(5));
}

TEST_F(Resolving, RefusesWhatMeansSeveralOrNone) {
  EXPECT_EQ(resolve("db").error().code, "deployment.ambiguous");
  EXPECT_EQ(resolve("dep_").error().code, "deployment.ambiguous");
  for (const auto& none : {std::string("nothing"), std::string(), std::string("gone"), id_of(5).substr(0, 14), id_of(9),
                           std::string("hidden"), id_of(4), id_of(4).substr(0, 20)})
    EXPECT_EQ(resolve(none).error().code, "deployment.not_found") << none;
}

TEST_F(Resolving, FollowsARename) {
  DeploymentChanged renamed;
  renamed.name = "site";
  writer.write(1, renamed);
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(resolve("site").value(), id_of(1));
  EXPECT_EQ(resolve("web").error().code, "deployment.not_found");
}

TEST(GetById, FindsOneThatIsInTheLogAndNotYetFolded) {
  MemoryLog log;
  const Folder folder;
  Hub hub(log, folder.path());  // not started: nothing is folded
  Writer writer(log);
  const auto written = writer.write(1, requested("a"));
  const auto early = hub.deployments.get(id_of(1), at_second(0));
  ASSERT_TRUE(early);
  EXPECT_EQ(early.value().position.seq, written.seq);
  EXPECT_EQ(hub.deployments.get(id_of(2), at_second(0)).error().code, "deployment.not_found");
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(hub.deployments.get(id_of(1), at_second(0)).value().json, early.value().json);
}

}  // namespace
}  // namespace hub::deployments
