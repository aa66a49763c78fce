#include <gmock/gmock.h>

#include <thread>

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

TEST(Live, AnswersUnsubscribeAndSendsNothingBehindIt) {
  LiveSite site;
  WsClient client(site.port());
  client.subscribe(1, "counters/a");
  client.subscribe(2, "counters/b");
  for (int begun = 0; begun < 2; ++begun) client.read_until("snapshot");
  client.send(R"({"type":"unsubscribe","id":1})");
  EXPECT_EQ(client.read(), R"({"type":"unsubscribed","id":1})");
  client.send(R"({"type":"unsubscribe","id":7,"stream":"counters/b"})");
  EXPECT_EQ(client.read(), R"({"type":"unsubscribed","id":7})");
  site.counters().count("a");
  site.counters().count("b");
  client.send(R"({"type":"unsubscribe","id":1})");
  EXPECT_THAT(client.read(), HasSubstr(R"({"type":"error","id":1,"code":"live.not_subscribed")"));
}

TEST(Live, TellsTheSourceOfTheFirstAndTheLastWatcher) {
  LiveSite site;
  EXPECT_FALSE(site.hub().watched("counters/a"));
  {
    WsClient first(site.port()), second(site.port());
    first.subscribe(1, "counters/a");
    first.read_until("snapshot");
    second.subscribe(1, "counters/a");
    second.read_until("snapshot");
    EXPECT_TRUE(site.hub().watched("counters/a"));
    first.cut();
    second.send(R"({"type":"unsubscribe","id":1})");
    second.read();
    ASSERT_TRUE(site.counters().wait_for_watched(0));
    EXPECT_FALSE(site.hub().watched("counters/a"));
    second.subscribe(2, "counters/a");
    second.read_until("snapshot");
  }
  ASSERT_TRUE(site.counters().wait_for_watched(0));
  EXPECT_THAT(site.counters().told(),
              ElementsAre("opened counters/a", "closed counters/a", "opened counters/a", "closed counters/a"));
}

TEST(Live, KeepsFramesOfOtherProjectsAway) {
  LiveSite site;
  WsClient mine(site.port()), others(site.port(), {"other-token", false, {}, 0});
  for (auto* client : {&mine, &others}) {
    client->subscribe(1, "counters/a");
    client->read_until("snapshot");
  }
  site.counters().count("a", "default");
  site.counters().count("a", "secret");
  site.counters().count("a", "default");
  site.counters().count("a", "secret");
  EXPECT_EQ(number_in(mine.read()), 1);
  EXPECT_EQ(number_in(mine.read()), 3);
  EXPECT_EQ(number_in(others.read()), 2);
  EXPECT_EQ(number_in(others.read()), 4);
}

TEST(Live, RefusesStreamsThatThePrincipalMayNotWatchOrThatAreNot) {
  LiveSite site;
  WsClient client(site.port());
  const auto refusal = [&](int id, std::string_view stream) {
    client.subscribe(id, stream);
    return client.read();
  };
  EXPECT_THAT(refusal(1, "counters/secret"), HasSubstr(R"({"type":"error","id":1,"code":"auth.forbidden")"));
  EXPECT_THAT(refusal(2, "counters/none"), HasSubstr(R"("code":"counter.not_found")"));
  for (const std::string stream : {"nothing", "counters", "counters/", "counters/a/b", "/counters/a", "counters//a"})
    EXPECT_THAT(refusal(3, stream), HasSubstr(R"({"type":"error","id":3,"code":"live.unknown_stream")")) << stream;
  EXPECT_THAT(refusal(4, "counters/" + std::string(300, 'x')), HasSubstr(R"("code":"live.unknown_stream")"));
  client.subscribe(5, "counters/a", "not a cursor");
  EXPECT_THAT(client.read(), HasSubstr(R"({"type":"error","id":5,"code":"cursor.invalid")"));
  client.subscribe(6, "counters/a");
  client.read_until("snapshot");
  EXPECT_THAT(refusal(7, "counters/a"), HasSubstr(R"("code":"live.already_subscribed")"));
}

TEST(Live, ClosesStreamsAndSocketsOfARevokedPrincipalWithinASecond) {
  LiveSite site;
  WsClient mine(site.port()), others(site.port(), {"other-token", false, {}, 0});
  for (auto* client : {&mine, &others}) {
    client->subscribe(1, "counters/a");
    client->read_until("snapshot");
  }
  const auto began = std::chrono::steady_clock::now();
  site.hub().revoke("user:test");
  const auto closed = mine.read();
  EXPECT_EQ(member(closed, "code"), "auth.revoked");
  EXPECT_EQ(member(closed, "stream"), "counters/a");
  EXPECT_EQ(mine.read(), "");
  EXPECT_EQ(mine.close_code(), 1008);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  site.counters().count("a");
  EXPECT_EQ(number_in(others.read()), 1);
}

TEST(Live, LooksAtTheTokenAgainWhenTheSocketIsKnown) {
  live::HubOptions options;
  // As if the right had gone between the server's check and the hub's.
  options.authenticate = [](std::string_view) -> std::shared_ptr<const accounts::Principal> { return nullptr; };
  LiveSite site(options);
  WsClient client(site.port());
  EXPECT_EQ(client.status(), 101);
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(client.close_code(), 1008);
}

TEST(Live, AuthorisesEachStreamAgainWhenRightsChange) {
  LiveSite site;
  WsClient client(site.port(), {"other-token", false, {}, 0});
  client.subscribe(1, "counters/secret");
  client.subscribe(2, "counters/open");
  for (int begun = 0; begun < 2; ++begun) client.read_until("snapshot");
  auto reduced = std::make_shared<accounts::Principal>(*testing::principal_of("other-token"));
  reduced->roles = {{"default", accounts::Role::viewer}};
  site.hub().reauthorise(reduced);
  const auto closed = client.read();
  EXPECT_EQ(member(closed, "stream"), "counters/secret");
  EXPECT_EQ(member(closed, "code"), "auth.revoked");
  site.counters().count("open", "secret");
  site.counters().count("open", "default");
  EXPECT_EQ(number_in(client.read()), 2);
}

TEST(Live, AnswersBadMessagesWithAnErrorAndGoesOn) {
  LiveSite site;
  WsClient client(site.port());
  const std::pair<std::string, std::string> cases[] = {
      {"", "json.invalid"},
      {"nonsense", "json.invalid"},
      {"[]", "json.type"},
      {"{}", "json.missing"},
      {R"({"type":1})", "json.type"},
      {R"({"type":"dance"})", "live.unknown_type"},
      {R"({"type":"ping","more":1})", "json.unknown_field"},
      {R"({"type":"subscribe","stream":"counters/a"})", "live.id_needed"},
      {R"({"type":"subscribe","id":1})", "live.stream_needed"},
      {R"({"type":"subscribe","id":"1","stream":"counters/a"})", "json.type"},
      {R"({"type":"unsubscribe"})", "live.id_needed"},
      {std::string(60'000, '['), "json.invalid"},
  };
  for (const auto& [text, code] : cases) {
    client.send(text);
    const auto answer = client.read();
    EXPECT_THAT(answer, HasSubstr(R"({"type":"error")")) << text.substr(0, 80);
    EXPECT_EQ(member(answer, "code"), code) << text.substr(0, 80);
  }
  client.send(R"({"type":"ping"})");
  EXPECT_EQ(client.read(), R"({"type":"pong"})");
}

TEST(Live, ClosesOnMessagesOver64KiB) {
  LiveSite site;
  WsClient client(site.port());
  client.send(std::string(64 * 1024 + 1, ' '));
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(client.close_code(), 1009);
}

TEST(Live, ClosesOnAMessageOf64MBWithoutReadingItAll) {
  LiveSite site;
  WsClient client(site.port());
  client.subscribe(1, "counters/a");
  client.read_until("snapshot");
  client.send_raw(std::string("\x81\xFF\x00\x00\x00\x00\x04\x00\x00\x00mask", 14));
  client.send_raw(std::string(1'000'000, 'x'));
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(client.close_code(), 1009);
}

TEST(Live, ClosesWith1002OnFramesThatAreNone) {
  LiveSite site;
  WsClient client(site.port());
  client.send_raw("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(client.close_code(), 1002);
  WsClient next(site.port());
  next.send(R"({"type":"ping"})");
  EXPECT_EQ(next.read(), R"({"type":"pong"})");
}

TEST(Live, AnswersACloseFrameWithItsOwn) {
  LiveSite site;
  WsClient client(site.port());
  EXPECT_TRUE(client.close());
  EXPECT_TRUE(site.counters().wait_for_watched(0));
}

TEST(Live, LimitsTheStreamsOfASocket) {
  live::HubOptions options;
  options.subscriptions_max = 3;
  LiveSite site(options);
  WsClient client(site.port());
  for (int i = 1; i <= 3; ++i) {
    client.subscribe(i, "counters/a" + std::to_string(i));
    client.read_until("snapshot");
  }
  client.subscribe(4, "counters/a4");
  EXPECT_EQ(member(client.read(), "code"), "live.too_many_subscriptions");
}

TEST(Live, ClosesASocketThatSendsTooFast) {
  live::HubOptions options;
  options.messages_burst = 10;
  options.messages_per_second = 1;
  LiveSite site(options);
  WsClient client(site.port());
  for (int i = 0; i < 20; ++i) client.send(R"({"type":"ping"})");
  EXPECT_EQ(member(client.read_until("error"), "code"), "live.too_fast");
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(client.close_code(), 1008);
}

TEST(Live, CutsOffAClientThatIsSilentAndKeepsOneThatAnswersPings) {
  live::HubOptions options;
  options.idle_timeout = std::chrono::milliseconds(200);
  LiveSite site(options);
  WsClient alive(site.port());
  {
    WsClient silent(site.port());
    silent.subscribe(1, "counters/silent");
    silent.read_until("snapshot");
    alive.subscribe(1, "counters/a");
    alive.read_until("snapshot");
    // Beast answers pings while it reads, so this one goes on; the other one reads nothing.
    std::thread later([&] {
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      while (site.hub().metrics().sockets_idle_closed == 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
      site.counters().count("a");
    });
    EXPECT_EQ(number_in(alive.read()), 1);
    later.join();
  }
  EXPECT_EQ(site.hub().metrics().sockets_idle_closed, 1U);
}

TEST(Live, CountsWhatItDoes) {
  LiveSite site;
  WsClient client(site.port());
  client.subscribe(1, "counters/a");
  client.read_until("snapshot");
  site.counters().count("a");
  site.counters().count("unwatched");
  client.read();
  // A frame is counted behind its write, and the client may be faster.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (site.hub().metrics().frames_sent < 3 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  const auto metrics = site.hub().metrics();
  EXPECT_EQ(metrics.sockets, 1U);
  EXPECT_EQ(metrics.subscriptions, 1U);
  EXPECT_EQ(metrics.frames_published, 1U);
  EXPECT_EQ(metrics.frames_sent, 3U);
  EXPECT_GT(metrics.bytes_sent, 100U);
}

}  // namespace
}  // namespace hub
