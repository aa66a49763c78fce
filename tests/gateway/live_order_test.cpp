// What the hub never does: leave a gap, repeat, or turn round.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/gateway/live_site.hpp"
#include "tests/gateway/ws_client.hpp"

namespace hub {
namespace {

using ::testing::HasSubstr;
using testing::LiveSite;
using testing::member;
using testing::WsClient;

/// The number in {"n": …} or {"last": …}, or -1.
long number_in(const std::string& message) {
  for (const std::string_view name : {"\"n\":", "\"last\":"})
    if (const auto at = message.find(name); at != std::string::npos) return std::stol(message.substr(at + name.size()));
  return -1;
}

/// Counts "a" on a thread of its own, a hundred numbers ahead of the rounds that were begun.
class Publisher {
 public:
  explicit Publisher(LiveSite& site)
      : thread_([this, &site] {
          for (int published = 0; going_.load();) {
            if (published < 100 * rounds_.load()) {
              site.counters().count("a");
              ++published;
            }
            std::this_thread::yield();
          }
        }) {}
  ~Publisher() {
    going_ = false;
    thread_.join();
  }
  void next_round() { ++rounds_; }

 private:
  std::atomic<bool> going_{true};
  std::atomic<int> rounds_{1};
  std::thread thread_;
};

/// Reads a begun stream up to number `last`; true when each number comes once and in order behind `seen`.
bool reads_up_to(WsClient& client, long seen, long last, std::string* cursor = nullptr) {
  while (seen < last) {
    const auto message = client.read();
    const long number = number_in(message);
    if (number != seen + 1) {
      ADD_FAILURE() << "behind " << seen << " came " << message;
      return false;
    }
    seen = number;
    if (cursor != nullptr) *cursor = member(message, "cursor");
  }
  return true;
}

TEST(LiveOrder, HasNoGapWhereSnapshotAndEventsMeet) {
  LiveSite site;
  Publisher publisher(site);
  for (int round = 0; round < 150; ++round) {
    publisher.next_round();
    WsClient client(site.port());
    client.subscribe(1, "counters/a");
    ASSERT_THAT(client.read(), HasSubstr("subscribed"));
    const long last = number_in(client.read());
    // It may be all that was to be published so far.
    publisher.next_round();
    ASSERT_TRUE(reads_up_to(client, last, last + 20)) << "in round " << round;
    client.cut();
  }
}

TEST(LiveOrder, HasNoGapWhereMissedAndNewFramesMeet) {
  LiveSite site;
  site.counters().count("a");
  Publisher publisher(site);
  std::string cursor;
  long seen = 0;
  {
    WsClient client(site.port());
    client.subscribe(1, "counters/a");
    client.read();
    const auto snapshot = client.read();
    cursor = member(snapshot, "cursor");
    seen = number_in(snapshot);
  }
  for (int round = 0; round < 150; ++round) {
    publisher.next_round();
    WsClient client(site.port());
    client.subscribe(1, "counters/a", cursor);
    ASSERT_THAT(client.read(), HasSubstr(R"("recovered":true)"));
    ASSERT_TRUE(reads_up_to(client, seen, seen + 15, &cursor)) << "in round " << round;
    seen += 15;
    client.cut();
  }
}

TEST(LiveOrder, HoldsWhatIsPublishedWhileTheSourceIsAsked) {
  LiveSite site;
  // Both before the state is read and published, and at every place between: the source itself publishes.
  site.counters().while_opening = [&] {
    for (int i = 0; i < 10; ++i) site.counters().count("a");
  };
  for (int round = 1; round <= 20; ++round) {
    WsClient client(site.port());
    client.subscribe(1, "counters/a");
    ASSERT_THAT(client.read(), HasSubstr("subscribed"));
    EXPECT_EQ(number_in(client.read()), 10 * round);
    // Ten frames were held that the snapshot has already; none of them may come.
    client.send(R"({"type":"ping"})");
    EXPECT_EQ(client.read(), R"({"type":"pong"})");
  }
}

TEST(LiveOrder, GivesASnapshotWhenTheCursorIsTooOldOrOfAnotherLog) {
  LiveSite site;
  for (int i = 0; i < 10; ++i) site.counters().count("a");
  site.counters().forget_before(8);
  for (const auto& stale :
       {Cursor{testing::Counters::kIncarnation, {3}}, Cursor{99, {9}}, Cursor{testing::Counters::kIncarnation, {}}}) {
    WsClient client(site.port());
    client.subscribe(1, "counters/a", to_text(stale));
    EXPECT_THAT(client.read(), HasSubstr(R"("recovered":false)"));
    EXPECT_THAT(client.read(), HasSubstr(R"("data":{"last":10})"));
  }
}

TEST(LiveOrder, GivesTheSnapshotAgainToAClientThatWasCutOffBeforeIt) {
  LiveSite site;
  site.counters().count("a");
  std::string cursor;
  {
    WsClient client(site.port());
    client.subscribe(1, "counters/a");
    cursor = member(client.read(), "cursor");
    client.cut();
  }
  ASSERT_FALSE(cursor.empty());
  WsClient client(site.port());
  client.subscribe(1, "counters/a", cursor);
  EXPECT_THAT(client.read(), HasSubstr(R"("recovered":false)"));
  EXPECT_THAT(client.read(), HasSubstr("snapshot"));
}

TEST(LiveOrder, HoldsForTwoHundredSubscribersOfManyStreams) {
  LiveSite site;
  constexpr int kClients = 200, kNumbers = 200;
  std::vector<WsClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(site.port());
    clients.back().subscribe(1, "counters/shared");
    clients.back().subscribe(2, "counters/own" + std::to_string(i));
    for (int begun = 0; begun < 2; ++begun) clients.back().read_until("snapshot");
  }
  for (int n = 0; n < kNumbers; ++n) site.counters().count("shared");
  for (int i = 0; i < kClients; ++i) site.counters().count("own" + std::to_string(i));
  for (int i = 0; i < kClients; ++i) {
    ASSERT_TRUE(reads_up_to(clients[static_cast<std::size_t>(i)], 0, kNumbers)) << "client " << i;
    EXPECT_THAT(clients[static_cast<std::size_t>(i)].read(), HasSubstr("counters/own" + std::to_string(i)));
  }
}

TEST(LiveOrder, OfASlowClientEndsWithACursorFromWhichItGoesOn) {
  live::HubOptions options;
  options.queue_bytes_max = 100'000;
  LiveSite site(options);
  const std::string padding(10'000, 'x');
  WsClient client(site.port(), {"good-token", false, {}, 8'192});
  client.subscribe(1, "counters/a");
  client.subscribe(2, "counters/b");
  for (int begun = 0; begun < 2; ++begun) client.read_until("snapshot");
  long last = 0;
  while (site.hub().metrics().streams_dropped == 0) {
    site.counters().count("a", {}, {}, padding);
    ++last;
    ASSERT_LT(last, 10'000) << "the queue has no bound";
  }
  for (int i = 0; i < 5; ++i) site.counters().count("a", {}, {}, padding);
  last += 5;
  long seen = 0;
  std::string closed;
  for (auto message = client.read(); !message.empty(); message = client.read()) {
    if (message.starts_with(R"({"type":"closed")")) {
      closed = message;
      break;
    }
    ASSERT_EQ(number_in(message), seen + 1);
    ++seen;
  }
  EXPECT_EQ(member(closed, "code"), "slow_consumer");
  EXPECT_EQ(member(closed, "stream"), "counters/a");
  // The socket and its other streams go on, and the closed one resumes where it ended.
  site.counters().count("b");
  EXPECT_THAT(client.read(), HasSubstr("counters/b"));
  client.subscribe(3, "counters/a", member(closed, "cursor"));
  EXPECT_THAT(client.read(), HasSubstr(R"("recovered":true)"));
  EXPECT_TRUE(reads_up_to(client, seen, last));
}

TEST(LiveOrder, OfASlowClientKeepsTheLatestStateOfEachThing) {
  live::HubOptions options;
  options.coalesce_from = 50'000;
  LiveSite site(options);
  const std::string padding(10'000, 'x');
  WsClient client(site.port(), {"good-token", false, {}, 8'192});
  client.subscribe(1, "counters/a");
  client.read_until("snapshot");
  long last = 0;
  for (; site.hub().metrics().frames_coalesced < 500; ++last) {
    site.counters().count("a", {}, last % 2 == 0 ? "even" : "odd", padding);
    ASSERT_LT(last, 100'000);
  }
  EXPECT_EQ(site.hub().metrics().streams_dropped, 0U);
  long seen = 0, before = 0;
  while (seen < last) {
    const long number = number_in(client.read());
    ASSERT_GT(number, seen);  // never back, and both last ones arrive
    before = seen;
    seen = number;
  }
  EXPECT_EQ(before, last - 1);
}

}  // namespace
}  // namespace hub
