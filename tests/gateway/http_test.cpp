#include <gmock/gmock.h>

#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/test_site.hpp"

namespace hub {
namespace {

using testing::Answer;
using ::testing::EndsWith;
using testing::fetch;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using testing::TestSite;

constexpr std::string_view kGetHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// One site for the tests that leave it as it was.
TestSite& site() {
  static TestSite shared;
  return shared;
}
Answer get(std::string_view target, std::string_view headers = {}) {
  return fetch(site().port(), "GET", target, headers);
}

TEST(HttpServer, AnswersARequest) {
  const auto answer = get("/hello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"hello":"world"})");
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_EQ(answer.headers.at("content-length"), "17");
}

TEST(HttpServer, KeepsTheConnectionBetweenRequests) {
  RawClient client(site().port());
  for (int i = 0; i < 100; ++i) {
    client.send(kGetHello);
    ASSERT_EQ(client.read().status, 200) << i;
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  RawClient client(site().port());
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += "GET /things/n" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.read().body, "\"n" + std::to_string(i) + "\"");
}

TEST(HttpServer, TakesARequestThatComesByteByByte) {
  RawClient client(site().port());
  const std::string request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde";
  for (int round = 0; round < 2; ++round) {
    for (const char byte : request) ASSERT_TRUE(client.send({&byte, 1}));
    EXPECT_EQ(client.read().body, "abcde");
  }
}

TEST(HttpServer, PutsABodyOfManyPiecesTogether) {
  std::string body;
  for (int i = 0; body.size() < 900'000; ++i) body += std::to_string(i);
  EXPECT_EQ(fetch(site().port(), "POST", "/echo", {}, body).body, body);
}

TEST(HttpServer, TakesAChunkedBody) {
  RawClient client(site().port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("5\r\nabcde\r\n");
  client.send("3;note=x\r\nfgh\r\n0\r\nX-Trailer: ignored\r\n\r\n");
  EXPECT_EQ(client.read().body, "abcdefgh");
  client.send(kGetHello);
  EXPECT_EQ(client.read().status, 200);
}

TEST(HttpServer, LetsAClientGoOnThatWaitsFor100Continue) {
  RawClient client(site().port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_header().status, 100);
  client.send("abc");
  EXPECT_EQ(client.read().body, "abc");
}

TEST(HttpServer, SendsALargeBodyWithoutLoss) {
  EXPECT_EQ(get("/large").body, std::string(300'000, 'x'));
}

TEST(HttpServer, CompressesWhereTheHandlerAllowsItAndTheClientAsks) {
  const auto answer = get("/large", "Accept-Encoding: br, gzip\r\n");
  EXPECT_EQ(answer.headers.at("content-encoding"), "gzip");
  EXPECT_LT(answer.body.size(), 10'000U);
  EXPECT_EQ(answer.body.substr(0, 2), "\x1F\x8B");
  EXPECT_FALSE(get("/hello", "Accept-Encoding: gzip\r\n").headers.contains("content-encoding"));
}

TEST(HttpServer, AnswersHeadWithTheLengthAndNoBody) {
  RawClient client(site().port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read(true).headers.at("content-length"), "17");
  client.send(kGetHello);
  EXPECT_EQ(client.read().status, 200);
}

TEST(HttpServer, SaysWhichMethodsAnAddressTakes) {
  const auto refused = fetch(site().port(), "PUT", "/things");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.at("allow"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_THAT(refused.body, HasSubstr(R"("code":"route.method_not_allowed")"));
  const auto options = fetch(site().port(), "OPTIONS", "/things");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("allow"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(fetch(site().port(), "OPTIONS", "*").status, 204);
}

TEST(HttpServer, RefusesWithAProblemThatNamesTheRequest) {
  const auto answer = get("/nothing/here", "X-Request-Id: my-id_1.2\r\n");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(answer.body, R"({"type":"about:blank","title":"Not Found","status":404,"code":"route.not_found",)"
                         R"("detail":"there is nothing at this address","request_id":"my-id_1.2"})");
  EXPECT_EQ(answer.headers.at("x-request-id"), "my-id_1.2");
}

TEST(HttpServer, MakesARequestIdWhenTheClientsIsUnusable) {
  const auto first = get("/hello"), second = get("/hello");
  EXPECT_NE(first.headers.at("x-request-id"), second.headers.at("x-request-id"));
  for (const auto& bad : {std::string("has space"), std::string(65, 'x'), std::string("a\"b")})
    EXPECT_THAT(get("/hello", "X-Request-Id: " + bad + "\r\n").headers.at("x-request-id"),
                ::testing::StartsWith("req_"));
}

TEST(HttpServer, HidesWhatAHandlerThrew) {
  const auto answer = get("/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"internal")"));
  EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
}

TEST(HttpServer, WantsATokenWhereTheRouteDoes) {
  const auto none = get("/whoami");
  EXPECT_EQ(none.status, 401);
  EXPECT_THAT(none.body, HasSubstr(R"("code":"auth.required")"));
  EXPECT_EQ(none.headers.at("www-authenticate"), "Bearer realm=\"computehub\"");
  EXPECT_THAT(get("/whoami", "Authorization: Bearer wrong\r\n").body, HasSubstr(R"("code":"auth.invalid")"));
  EXPECT_EQ(get("/whoami", "Authorization: bearer good-token\r\n").body, R"("user:test at 127.0.0.1")");
  EXPECT_EQ(get("/public", "Authorization: Bearer good-token\r\n").body, R"("user:test at 127.0.0.1")");
  EXPECT_EQ(get("/public", "Authorization: Bearer wrong\r\n").body, R"("nobody at 127.0.0.1")");
}

TEST(HttpServer, RefusesPagesOfOtherSites) {
  EXPECT_THAT(get("/hello", "Origin: https://evil.example\r\n").body, HasSubstr(R"("code":"origin.foreign")"));
  EXPECT_EQ(get("/hello", "Origin: null\r\n").status, 403);
  EXPECT_EQ(get("/hello", "Origin: http://localhost\r\n").status, 200);
  EXPECT_EQ(get("/hello", "Origin: http://localhost:80\r\n").status, 200);
  EXPECT_EQ(get("/hello", "Origin: http://localhost:81\r\n").status, 403);
}

}  // namespace
}  // namespace hub
