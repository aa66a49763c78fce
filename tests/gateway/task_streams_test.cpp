// The streams of models and tasks, from the decision to the frame.
#include "gateway/streams/task_streams.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/gateway/live_site.hpp"
#include "tests/gateway/ws_client.hpp"
#include "tests/projections/task_lives.hpp"

namespace hub::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TaskStreamsTest : public ::testing::Test {
 protected:
  void SetUp() override { hub.runner->start(); }
  void TearDown() override {
    site.server().stop(std::chrono::seconds(5));
    streams.stop();
  }

  boost::json::value data_of(const std::string& message) { return boost::json::parse(message).at("data"); }
  /// Reads until a frame's data fits.
  boost::json::value await(WsClient& client, const std::function<bool(const boost::json::value&)>& fits) {
    for (;;) {
      const auto message = client.read();
      if (message.empty()) break;
      const auto json = boost::json::parse(message);
      if (json.as_object().contains("data") && fits(json.at("data"))) return json;
    }
    ADD_FAILURE() << "it did not come";
    return {};
  }
  static bool has(const boost::json::value& data, std::string_view member, std::string_view text) {
    const auto* found = data.as_object().if_contains(member);
    return found != nullptr && found->is_string() && std::string_view(found->as_string()) == text;
  }

  const test::TempFolder folder;
  MemoryLog log;
  TaskLives lives{log};
  TaskHub hub{log, folder.path()};
  LiveSite site;
  streams::TaskStreams streams{site.hub(), hub.feed(), log};
};

TEST_F(TaskStreamsTest, TheListTellsEveryChangeBehindItsSnapshot) {
  const auto number = lives.add(model_spec("tiny", 1));
  const auto before = lives.submit(number);
  ASSERT_TRUE(hub.settle());
  WsClient client(site.port());
  client.subscribe(1, "tasks");
  const auto snapshot = data_of(client.read_until("snapshot"));
  EXPECT_EQ(snapshot.at("total").as_int64(), 1);
  EXPECT_TRUE(has(snapshot.at("items").at(0), "id", before));
  const auto id = lives.submit(number);
  const auto event = await(client, [&](const auto& data) { return has(data.at("item"), "id", id); });
  EXPECT_TRUE(has(event.at("data"), "op", "put"));
  EXPECT_TRUE(has(event.at("data").at("item"), "pending_reason", "no_free_slot (1 of 1)"));
  EXPECT_THAT(boost::json::serialize(event), Not(HasSubstr("secret")));
  // What is missed is told as it is now, each once.
  client.cut();
  lives.end(number, before);
  ASSERT_TRUE(hub.settle());
  WsClient again(site.port());
  again.subscribe(1, "tasks", std::string_view(event.at("cursor").as_string()));
  EXPECT_THAT(again.read(), HasSubstr(R"("recovered":true)"));
  std::map<std::string, std::string> missed;
  for (int i = 0; i < 2; ++i) {
    const auto item = data_of(again.read()).at("item");
    missed[std::string(item.at("id").as_string())] = std::string(item.at("status").as_string());
  }
  EXPECT_EQ(missed, (std::map<std::string, std::string>{{before, "completed"}, {id, "running"}}));
}

TEST_F(TaskStreamsTest, OneTaskIsToldWithItsPlaceAlsoWhenOnlyThatChanges) {
  const auto number = lives.add(model_spec("tiny", 1));
  const auto running = lives.submit(number);
  const auto next = lives.submit(number);
  const auto last = lives.submit(number);
  ASSERT_TRUE(hub.settle());
  WsClient client(site.port());
  client.subscribe(1, "tasks/" + last);
  EXPECT_EQ(data_of(client.read_until("snapshot")).at("position").as_int64(), 2);
  lives.end(number, running);
  const auto moved = await(client, [](const auto& data) {
    const auto* position = data.as_object().if_contains("position");
    return position != nullptr && position->as_int64() == 1;
  });
  EXPECT_TRUE(has(moved.at("data"), "status", "pending"));
  lives.end(number, next);
  await(client, [](const auto& data) { return has(data, "status", "running"); });
  lives.end(number, last);
  const auto done = await(client, [](const auto& data) { return has(data, "status", "completed"); });
  EXPECT_THAT(boost::json::serialize(done), Not(HasSubstr("secret")));
}

TEST_F(TaskStreamsTest, WhatACallSaysGoesToThoseWhoWatchItsTask) {
  const auto number = lives.add(model_spec("tiny", 1));
  const auto id = lives.submit(number);
  ASSERT_TRUE(hub.settle());
  WsClient client(site.port());
  client.subscribe(1, "tasks/" + id);
  client.read_until("snapshot");
  EXPECT_TRUE(streams.is_watched(id));
  streams.publish_partial(id, "default", R"({"partial":{"attempt":1,"text":"Hel"}})");
  streams.publish_partial(id, "default", R"({"partial":{"attempt":1,"text":"lo"}})");
  const auto has_text = [](std::string_view text) {
    return [text](const boost::json::value& data) {
      const auto* partial = data.as_object().if_contains("partial");
      return partial != nullptr && std::string_view(partial->at("text").as_string()) == text;
    };
  };
  await(client, has_text("Hel"));
  const auto second = await(client, has_text("lo"));
  // A client that goes on behind it misses nothing of the record.
  client.cut();
  lives.end(number, id);
  ASSERT_TRUE(hub.settle());
  WsClient again(site.port());
  again.subscribe(1, "tasks/" + id, std::string_view(second.at("cursor").as_string()));
  EXPECT_THAT(again.read(), HasSubstr(R"("recovered":true)"));
  EXPECT_TRUE(has(data_of(again.read()), "status", "completed"));
}

TEST_F(TaskStreamsTest, ModelsAreToldWithTheirSlotsAndWhenTheyGo) {
  const auto number = lives.add(model_spec("tiny", 1));
  ASSERT_TRUE(hub.settle());
  WsClient client(site.port());
  client.subscribe(1, "models");
  EXPECT_EQ(data_of(client.read_until("snapshot")).at("total").as_int64(), 1);
  const auto id = lives.submit(number);
  await(client, [](const auto& data) { return data.at("item").at("running").as_int64() == 1; });
  lives.end(number, id);
  await(client, [](const auto& data) { return data.at("item").at("running").as_int64() == 0; });
  lives.decide(number, models::DeleteModel{});
  await(client, [](const auto& data) { return has(data, "op", "delete"); });
}

TEST_F(TaskStreamsTest, FiguresAreToldProjectByProjectAndTheLastOnesAreNeverMissing) {
  const auto number = lives.add(model_spec("tiny", 1));
  lives.now = wall_now();
  ASSERT_TRUE(hub.settle());
  WsClient client(site.port());
  client.subscribe(1, "stats");
  const auto snapshot = data_of(client.read_until("snapshot"));
  EXPECT_TRUE(has(snapshot.at("items").at(0), "project", "default"));
  constexpr int kTasks = 40;
  for (int i = 0; i < kTasks; ++i) lives.end(number, lives.submit(number));
  const auto told =
      await(client, [](const auto& data) { return data.at("tasks").at("completed").as_int64() == kTasks; });
  EXPECT_TRUE(has(told.at("data"), "project", "default"));
  EXPECT_EQ(told.at("data").at("last_24h").at("completed").as_int64(), kTasks);
}

TEST_F(TaskStreamsTest, WhatBelongsToOthersIsNotThere) {
  const auto number = lives.add(model_spec("tiny", 1), models::Status::online, "elsewhere");
  const auto foreign = lives.submit(number);
  ASSERT_TRUE(hub.settle());
  WsClient client(site.port());
  client.subscribe(1, "tasks/" + foreign);
  EXPECT_THAT(client.read(), HasSubstr("task.not_found"));
  client.subscribe(2, "tasks");
  EXPECT_EQ(data_of(client.read_until("snapshot")).at("total").as_int64(), 0);
  client.subscribe(3, "models");
  EXPECT_EQ(data_of(client.read_until("snapshot")).at("total").as_int64(), 0);
  const auto own = lives.add(model_spec("small", 1));
  lives.submit(number);
  const auto id = lives.submit(own);
  const auto first = await(client, [](const auto& data) {
    const auto* item = data.as_object().if_contains("item");
    return item != nullptr && std::string_view(item->at("id").as_string()).starts_with("tsk_");
  });
  EXPECT_TRUE(has(first.at("data").at("item"), "id", id));
}

}  // namespace
}  // namespace hub::testing
