#include <gmock/gmock.h>

#include "tests/gateway/live_site.hpp"
#include "tests/gateway/ws_client.hpp"

namespace hub {
namespace {

using ::testing::ElementsAre;
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

TEST(Live, BeginsWithASnapshotAndGoesOnWithEvents) {
  LiveSite site;
  site.counters().count("a");
  WsClient client(site.port());
  ASSERT_EQ(client.status(), 101);
  client.subscribe(1, "counters/a");
  EXPECT_THAT(client.read(),
              HasSubstr(R"({"type":"subscribed","id":1,"stream":"counters/a","recovered":false,"cursor":")"));
  EXPECT_THAT(client.read(), HasSubstr(R"("data":{"last":1}})"));
  site.counters().count("a");
  const auto event = client.read();
  EXPECT_THAT(event, HasSubstr(R"({"type":"event","stream":"counters/a","cursor":")"));
  EXPECT_THAT(event, HasSubstr(R"("data":{"n":2}})"));
}

TEST(Live, ResumesBehindTheLastCursorThatTheClientSaw) {
  LiveSite site;
  for (int i = 0; i < 5; ++i) site.counters().count("a");
  std::string cursor;
  {
    WsClient client(site.port());
    client.subscribe(1, "counters/a");
    client.read();
    cursor = member(client.read(), "cursor");
    client.cut();
  }
  for (int i = 0; i < 5; ++i) site.counters().count("a");
  WsClient client(site.port());
  client.subscribe(1, "counters/a", cursor);
  const auto subscribed = client.read();
  EXPECT_THAT(subscribed, HasSubstr(R"("recovered":true)"));
  EXPECT_EQ(member(subscribed, "cursor"), cursor);
  for (long n = 6; n <= 10; ++n) EXPECT_EQ(number_in(client.read()), n);
}

TEST(Live, TakesTheTokenFromTheSubprotocolsAndAnswersItsOwn) {
  LiveSite site;
  WsClient client(site.port(), {"good-token", true, {}, 0});
  EXPECT_EQ(client.status(), 101);
  EXPECT_EQ(client.subprotocol(), "computehub.v1");
}

TEST(Live, RefusesHandshakesWithoutAValidTokenOrFromOtherSites) {
  LiveSite site;
  EXPECT_EQ(WsClient(site.port(), {"wrong", false, {}, 0}).status(), 401);
  EXPECT_EQ(WsClient(site.port(), {"", false, {}, 0}).status(), 401);
  EXPECT_EQ(WsClient(site.port(), {"good-token", false, "https://evil.example", 0}).status(), 403);
}

TEST(Live, ClosesSocketsWith1001WhenTheServerStops) {
  LiveSite site;
  WsClient client(site.port());
  client.subscribe(1, "counters/a");
  client.read_until("snapshot");
  std::thread stopping([&] { site.server().stop(std::chrono::seconds(5)); });
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(client.close_code(), 1001);
  stopping.join();
}

}  // namespace
}  // namespace hub
