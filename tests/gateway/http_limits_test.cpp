#include <gmock/gmock.h>

#include <thread>

#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/test_site.hpp"

namespace hub {
namespace {

using std::chrono::milliseconds;
using testing::fetch;
using ::testing::HasSubstr;
using testing::RawClient;
using testing::TestSite;

constexpr std::string_view kGetHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

TestSite& site() {
  static TestSite shared;
  return shared;
}

http::ServerOptions with_timeouts(milliseconds timeout) {
  http::ServerOptions options;
  options.limits.header_timeout = options.limits.body_timeout = options.limits.idle_timeout = timeout;
  return options;
}

/// Sends bytes on a fresh connection and gives the answer; the connection must be closed behind it.
testing::Answer last_answer(std::uint16_t port, std::string_view bytes) {
  RawClient client(port);
  client.send(bytes);
  auto answer = client.read();
  EXPECT_TRUE(client.is_closed()) << bytes.substr(0, 60);
  return answer;
}

TEST(HttpLimits, RefusesHeadersOver16KiB) {
  const std::string header = "GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
  const auto answer = last_answer(site().port(), header + std::string(17 * 1024, 'x') + "\r\n\r\n");
  EXPECT_EQ(answer.status, 431);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"http.header_too_large")"));
  EXPECT_EQ(fetch(site().port(), "GET", "/hello", "X-Long: " + std::string(15 * 1024, 'x') + "\r\n").status, 200);
}

TEST(HttpLimits, RefusesHeadersThatNeverEnd) {
  RawClient client(site().port());
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n");
  for (int i = 0; i < 2'000; ++i)
    if (!client.send("X-Many: 123456789\r\n")) break;
  EXPECT_EQ(client.read().status, 431);
}

TEST(HttpLimits, RefusesARequestLineThatNeverEnds) {
  EXPECT_EQ(last_answer(site().port(), "GET /" + std::string(40 * 1024, 'a')).status, 431);
}

TEST(HttpLimits, RefusesABodyByItsLengthBeforeItIsSent) {
  const auto answer =
      last_answer(site().port(), "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"http.body_too_large")"));
}

TEST(HttpLimits, RefusesAChunkedBodyWhenItGrowsTooLarge) {
  RawClient client(site().port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i)
    if (!client.send(chunk)) break;
  EXPECT_EQ(client.read().status, 413);
}

TEST(HttpLimits, StillDeliversTheRefusalToAClientThatGoesOnSending) {
  RawClient client(site().port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n");
  client.send(std::string(500'000, 'x'));
  EXPECT_EQ(client.read().status, 413);
}

TEST(HttpLimits, TellsASlowHeaderThatItsTimeIsOver) {
  TestSite slow(with_timeouts(milliseconds(60)));
  RawClient client(slow.port());
  client.send("GET /hello HT");
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 408);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"http.timeout")"));
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpLimits, DoesNotLetAByteNowAndThenHoldAConnection) {
  TestSite slow(with_timeouts(milliseconds(100)));
  RawClient client(slow.port());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  client.send("GET /hello HTTP/1.1\r\nX-Slow: ");
  while (std::chrono::steady_clock::now() < until && !client.has_answer_within(milliseconds(10)))
    if (!client.send("x")) break;
  EXPECT_EQ(client.read().status, 408);
}

TEST(HttpLimits, TellsASlowBodyThatItsTimeIsOver) {
  TestSite slow(with_timeouts(milliseconds(60)));
  RawClient client(slow.port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.read().status, 408);
}

TEST(HttpLimits, ClosesAnIdleConnectionWithoutAWord) {
  TestSite slow(with_timeouts(milliseconds(60)));
  RawClient silent(slow.port());
  EXPECT_TRUE(silent.is_closed());
  RawClient client(slow.port());
  client.send(kGetHello);
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpLimits, CutsOffAClientThatDoesNotTakeItsAnswer) {
  http::ServerOptions options;
  options.limits.write_timeout = milliseconds(60);
  TestSite server(std::move(options));
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(requests);  // 30 MB of answers, of which none is read
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (server.server().connections() > 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(server.server().connections(), 0U);
}

TEST(HttpLimits, RefusesConnectionsOverTheCap) {
  http::ServerOptions options;
  options.limits.connections = 2;
  TestSite server(std::move(options));
  {
    RawClient first(server.port()), second(server.port()), third(server.port());
    for (auto* client : {&first, &second}) {
      client->send(kGetHello);
      EXPECT_EQ(client->read().status, 200);
    }
    const auto refused = third.read();
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"http.too_many_connections")"));
    EXPECT_TRUE(third.is_closed());
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (server.server().connections() > 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(fetch(server.port(), "GET", "/hello").status, 200);
}

TEST(HttpBadRequests, AreRefusedAndTheConnectionEnds) {
  for (const std::string bad :
       {"nonsense\r\n\r\n", "GET /hello\r\n\r\n", "GET /hello HTTP/9.9\r\nHost: a\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nNoColon\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    const auto answer = last_answer(site().port(), bad);
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_THAT(answer.body, HasSubstr(R"("code":"http.malformed")")) << bad;
  }
}

TEST(HttpBadRequests, ThatTwoProgramsCouldReadInTwoWaysAreRefused) {
  for (const std::string bad :
       {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nIdempotency-Key: x\r\nidempotency-key: y\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\n\r\n", "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n"})
    EXPECT_EQ(last_answer(site().port(), bad).status, 400) << bad;
}

TEST(HttpBadRequests, WithoutAHostAreRefusedAndTheConnectionGoesOn) {
  RawClient client(site().port());
  client.send("GET /hello HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.read().body, HasSubstr(R"("code":"http.missing_host")"));
  client.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpBadRequests, InAPipelineDoNotTakeTheAnswersBeforeThemAway) {
  RawClient client(site().port());
  client.send(std::string(kGetHello) + "broken\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 400);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpPaths, AreDecodedOnce) {
  EXPECT_EQ(fetch(site().port(), "GET", "/things/a%20b%C3%BC").body, "\"a b\xC3\xBC\"");
  EXPECT_EQ(fetch(site().port(), "GET", "/things/a%2525").body, "\"a%25\"");
  EXPECT_EQ(fetch(site().port(), "GET", "/things/x/parts").body, "\"x\"");
  EXPECT_EQ(fetch(site().port(), "GET", "/files/css/main.css").body, "\"css/main.css\"");
  EXPECT_EQ(fetch(site().port(), "GET", "http://elsewhere/things/x?").body, "\"x\"");
}

TEST(HttpPaths, WithTricksLeadNowhere) {
  for (const auto* trick :
       {"/things/..", "/things/%2e%2e", "/things/.", "/things/a%2fb", "/things/a%5cb", "/things/%00", "/things/a%00b",
        "/things/%ff", "/things/%zz", "/things/%", "/things/", "/things//parts", "//hello", "/hello/", "/files/../x",
        "/files/a/%2e%2e/b", "/files//etc/passwd", "/files/%2fetc/passwd", "/HELLO"})
    EXPECT_EQ(fetch(site().port(), "GET", trick).status, 404) << trick;
  EXPECT_EQ(fetch(site().port(), "GET", "hello").status, 400);
  EXPECT_EQ(fetch(site().port(), "GET", "/hello#there").status, 400);
}

TEST(HttpQueries, AreDecodedAndChecked) {
  const auto get = [](std::string_view target) { return fetch(site().port(), "GET", target); };
  EXPECT_EQ(get("/query?name=a%26b+c&limit=7").body, "\"a&b c 7\"");
  EXPECT_EQ(get("/query").body, "\"nobody 20\"");
  EXPECT_THAT(get("/query?surname=x").body,
              HasSubstr(R"("code":"query.unknown","detail":"is not a known query parameter here","field":"surname")"));
  EXPECT_THAT(get("/query?name=a&name=b").body, HasSubstr(R"("code":"query.repeated")"));
  EXPECT_THAT(get("/query?name=%zz").body, HasSubstr(R"("code":"query.malformed")"));
  EXPECT_THAT(get("/query?name=%ff").body, HasSubstr(R"("code":"query.malformed")"));
  for (const auto* bad : {"0", "1001", "x", "-1", "1.5", "", "99999999999999999999"})
    EXPECT_THAT(get("/query?limit=" + std::string(bad)).body, HasSubstr(R"("code":"query.range")")) << bad;
}

TEST(HttpHosts, OtherThanLoopbackAreRefusedWhereOnlyThatIsMeant) {
  http::ServerOptions options;
  options.guard.loopback_hosts_only = true;
  TestSite dev(std::move(options));
  const auto status = [&](const std::string& host) {
    RawClient client(dev.port());
    client.send("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return client.read().status;
  };
  for (const auto* good : {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.3.2.1", "[::1]:8080"})
    EXPECT_EQ(status(good), 200) << good;
  for (const auto* foreign : {"evil.example", "evil.example:8080", "localhost.evil.example", "10.0.0.1", ""})
    EXPECT_EQ(status(foreign), 403) << foreign;
}

TEST(HttpProxies, AreBelievedOnlyWhenTheyAreKnown) {
  const std::string headers =
      "Authorization: Bearer good-token\r\nX-Forwarded-For: 6.6.6.6, 9.9.9.9, 127.0.0.2\r\nX-Forwarded-Proto: "
      "https\r\n";
  EXPECT_EQ(fetch(site().port(), "GET", "/whoami", headers).body, R"("user:test at 127.0.0.1")");
  http::ServerOptions options;
  options.guard.behind_proxy.push_back(http::parse_network("127.0.0.0/8").value());
  TestSite behind(std::move(options));
  EXPECT_EQ(fetch(behind.port(), "GET", "/whoami", headers).body, R"("user:test at 9.9.9.9 over TLS")");
  EXPECT_FALSE(http::parse_network("127.0.0.0/33"));
  EXPECT_FALSE(http::parse_network("somewhere"));
  EXPECT_TRUE(http::parse_network("fd00::/8").value().contains(asio::ip::make_address("fd12::1")));
}

TEST(HttpStreams, ComeInChunksAndEndWhenTheClientGoes) {
  TestSite server;
  {
    RawClient client(server.port());
    client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.read_header().headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(client.read_chunk(), "{\"n\":1}\n");
    EXPECT_EQ(client.read_chunk(), "{\"n\":2}\n");
  }
  EXPECT_TRUE(server.wait_for_cancelled(1));
}

TEST(HttpStreams, ComeAsTheyAreAndWithoutALengthToAnOldClient) {
  RawClient client(site().port());
  client.send("GET /stream HTTP/1.0\r\nHost: localhost\r\n\r\n");
  const auto header = client.read_header();
  EXPECT_EQ(header.headers.count("content-length"), 0U);
  EXPECT_EQ(header.headers.count("transfer-encoding"), 0U);
  EXPECT_EQ(client.take(16), "{\"n\":1}\n{\"n\":2}\n");
}

TEST(HttpStreams, EndWholeWhenTheServerStops) {
  TestSite server;
  RawClient client(server.port());
  client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.read_header();
  EXPECT_EQ(client.read_chunk(), "{\"n\":1}\n");
  EXPECT_EQ(client.read_chunk(), "{\"n\":2}\n");
  std::thread stopping([&] { server.server().stop(milliseconds(5'000)); });
  EXPECT_EQ(client.read_line(), "0");
  stopping.join();
  EXPECT_TRUE(server.wait_for_cancelled(1));
}

TEST(HttpStop, LetsARequestInFlightEnd) {
  TestSite server;
  RawClient idle(server.port()), busy(server.port());
  idle.send(kGetHello);
  EXPECT_EQ(idle.read().status, 200);
  busy.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(server.wait_for_slow(1));
  std::thread stopping([&] { server.server().stop(milliseconds(10'000)); });
  EXPECT_TRUE(idle.is_closed());
  server.release();
  const auto answer = busy.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(busy.is_closed());
  stopping.join();
  EXPECT_THROW(RawClient{server.port()}, std::runtime_error);
}

TEST(HttpStop, CutsWhatOutlivesTheDeadline) {
  TestSite server;
  RawClient busy(server.port());
  busy.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(server.wait_for_slow(1));
  server.server().stop(milliseconds(20));
  EXPECT_EQ(busy.read().status, 0);
}

TEST(HttpServer, SaysWhenAnAddressIsInUse) {
  http::ServerOptions options;
  options.port = site().port();
  http::Server second(std::move(options), http::Router());
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "http.cannot_listen");
}

TEST(HttpServer, TellsTheObserverOfEachAnswer) {
  std::mutex mutex;
  std::vector<std::string> seen;
  http::ServerOptions options;
  options.observe = [&](const http::Observation& observation) {
    const std::lock_guard lock(mutex);
    seen.push_back(std::string(observation.request.route) + " " + std::to_string(observation.status));
  };
  TestSite server(std::move(options));
  fetch(server.port(), "GET", "/things/x");
  fetch(server.port(), "GET", "/nothing");
  const std::lock_guard lock(mutex);
  EXPECT_THAT(seen, ::testing::ElementsAre("/things/{id} 200", " 404"));
}

}  // namespace
}  // namespace hub
