#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "tests/models/calling.hpp"

namespace hub::calls::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

void expect_failure(const Outcome& outcome, std::string_view code, Retry retry) {
  EXPECT_EQ(outcome.kind, OutcomeKind::failed);
  EXPECT_EQ(outcome.code, code) << outcome.detail;
  EXPECT_EQ(outcome.retry, retry) << outcome.code << ' ' << outcome.detail;
  EXPECT_FALSE(outcome.detail.empty());
}

TEST(BadEndpoint, AnotherContentTypeIsRefusedAtOnce) {
  const auto outcome = call_meets({send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"), drip("<p>", {})});
  expect_failure(outcome, "call.wrong_content_type", Retry::never);
  EXPECT_THAT(outcome.detail, HasSubstr("text/html"));
  EXPECT_EQ(outcome.http_status, 200);
  expect_failure(call_meets(answer("204 No Content", "", "")), "call.wrong_content_type", Retry::never);
}

TEST(BadEndpoint, TruncatedJsonIsNoAnswer) {
  expect_failure(call_meets(json_answer(R"({"choices":[{"message":{"conte)")), "call.malformed_answer", Retry::retry);
  expect_failure(call_meets(json_answer("")), "call.malformed_answer", Retry::retry);
  expect_failure(call_meets(json_answer("[]")), "call.malformed_answer", Retry::retry);
  expect_failure(call_meets(json_answer(R"({"choices":[]})")), "call.malformed_answer", Retry::retry);
}

TEST(BadEndpoint, AnAnswerThatIsShorterThanItSaysIsTruncated) {
  expect_failure(call_meets({send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
                                  R"({"choices":[{"message":{"content":"ok"}}]})"),
                             close_now()}),
                 "call.truncated", Retry::retry);
}

TEST(BadEndpoint, AStreamThatIsCutIsTruncatedAndItsTextIsKept) {
  const auto outcome =
      call_meets({stream_head(text_event("half of ") + text_event("it") + "data: {\"cho"), close_now()});
  expect_failure(outcome, "call.truncated", Retry::retry);
  EXPECT_EQ(outcome.result, R"({"text":"half of it"})");
  EXPECT_FALSE(outcome.usage.known);
}

TEST(BadEndpoint, AStreamThatEndsBeforeItIsDoneIsTruncated) {
  constexpr std::string_view event = "16\r\ndata: {\"choices\":[]}\n\n\r\n";
  expect_failure(call_meets({send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
                                  "chunked\r\n\r\n" +
                                  std::string(event) + "0\r\n\r\n")}),
                 "call.truncated", Retry::retry);
}

TEST(BadEndpoint, WhatHappensBehindTheEndOfAStreamDoesNotMatter) {
  const auto done = text_event("whole") + finish_event("stop") + "data: [DONE]\n\n";
  for (const Reply& reply : {Reply{stream_head(text_event("whole") + finish_event("stop")), close_now()},
                             Reply{stream_head(done), hold()}, Reply{stream_head(done), drip(text_event("more"), {})},
                             Reply{stream_head(done.substr(0, done.size() - 2)), close_now()}}) {
    // Far longer than is waited for: it must not be the timeout that ends the call.
    const auto outcome = call_meets(reply, seconds(3'600));
    EXPECT_EQ(outcome.kind, OutcomeKind::completed) << outcome.code << ' ' << outcome.detail;
    EXPECT_EQ(outcome.result, R"({"text":"whole"})");
  }
}

TEST(BadEndpoint, AnErrorInsideAStreamIsAFailure) {
  const auto failing = [](std::string_view error) {
    return call_meets({stream_head(text_event("so ") + "data: {\"error\":" + std::string(error) + "}\n\n"), hold()});
  };
  auto outcome = failing(R"({"message":"out of memory with sk-secret-key","type":"server_error","code":500})");
  expect_failure(outcome, "call.error_in_stream", Retry::retry);
  EXPECT_EQ(outcome.detail, "out of memory with [secret]");
  EXPECT_EQ(outcome.result, R"({"text":"so "})");
  EXPECT_EQ(outcome.http_status, 200);
  expect_failure(failing(R"({"message":"too fast","code":"rate_limit_exceeded"})"), "call.error_in_stream",
                 Retry::slow_down);
  expect_failure(failing(R"({"message":"too long","code":400})"), "call.error_in_stream", Retry::never);
  expect_failure(failing(R"({"message":"no money","code":"insufficient_quota"})"), "call.quota_used_up", Retry::never);
  expect_failure(failing(R"("only words")"), "call.error_in_stream", Retry::retry);
}

TEST(BadEndpoint, AnErrorWithStatus200IsAFailure) {
  expect_failure(call_meets(json_answer(R"({"error":{"message":"no","type":"invalid_request_error"}})")),
                 "call.error_in_stream", Retry::never);
}

TEST(BadEndpoint, AnEndlessStreamIsCutAtItsLimit) {
  auto options = options_for_tests();
  options.answer_bytes_max = 100'000;
  expect_failure(call_meets({stream_head({}), drip(text_event("x"), {})}, seconds(20), options), "call.too_large",
                 Retry::never);
  expect_failure(call_meets({stream_head({}), drip(": still here\n\n", {})}, seconds(20), options), "call.too_large",
                 Retry::never);
  expect_failure(call_meets({send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n["), drip("1,", {})},
                            seconds(20), options),
                 "call.too_large", Retry::never);
}

TEST(BadEndpoint, AnEndlessEventIsCutAtItsLimit) {
  expect_failure(call_meets({stream_head("data: "), drip(std::string(1'000, 'x'), {})}), "call.too_large",
                 Retry::never);
}

TEST(BadEndpoint, ASlowDripIsEndedByTheTimeout) {
  const auto begun = std::chrono::steady_clock::now();
  const auto outcome = call_meets({stream_head(text_event("slow")), drip(": drip\n\n", milliseconds(20))},
                                  {milliseconds(600).count() * 1'000});
  expect_failure(outcome, "call.timed_out", Retry::retry);
  EXPECT_EQ(outcome.result, R"({"text":"slow"})");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(500));
  expect_failure(call_meets({send("HTTP/1.1 200 OK\r\n"), drip("X: 1\r\n", milliseconds(20))}, hub::milliseconds(300)),
                 "call.timed_out", Retry::retry);
  expect_failure(call_meets({hold()}, hub::milliseconds(300)), "call.timed_out", Retry::retry);
}

TEST(BadEndpoint, RedirectsAreNotFollowed) {
  std::atomic<int> reached{0};
  Endpoint secret([&](const Received&) {
    ++reached;
    return json_answer("{}");
  });
  for (const auto status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
    const auto outcome = call_meets(answer(status, "", "", "Location: " + secret.url() + "\r\n"));
    expect_failure(outcome, "call.redirected", Retry::never);
    EXPECT_EQ(outcome.http_status, std::stoi(status));
  }
  expect_failure(call_meets({send("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n"), hold()}),
                 "call.redirected", Retry::never);
  EXPECT_EQ(reached, 0);
}

TEST(BadEndpoint, AddressesThatMayNotBeCalledAreNotConnectedTo) {
  Endpoint endpoint([](const Received&) { return json_answer("{}"); });
  const CallerOptions strict;
  expect_failure(call(chat_to(endpoint.url()), strict), "call.refused_address", Retry::never);
  expect_failure(call(chat_to(endpoint.url("/", "localhost")), strict), "call.refused_address", Retry::never);
  expect_failure(call(chat_to("http://169.254.169.254/latest/meta-data"), strict), "call.refused_address",
                 Retry::never);
  expect_failure(call(chat_to("file:///etc/hostname"), strict), "call.rejected", Retry::never);
  EXPECT_EQ(endpoint.accepted, 0);
}

TEST(BadEndpoint, AnAddressIsJudgedWhenItIsConnectedToWhateverItsNameWasCheckedFor) {
  Endpoint endpoint([](const Received&) { return json_answer("{}"); });
  // The name passes for the sake of ::1 and leads to 127.0.0.1 as well.
  CallerOptions options;
  options.guard = OutboundGuard::make({"::1"}, false).value();
  const auto url = endpoint.url("/", "localhost");
  ASSERT_TRUE(options.guard.check_url(url));
  EXPECT_EQ(call(chat_to(url), options).kind, OutcomeKind::failed);
  EXPECT_EQ(endpoint.accepted, 0);
}

TEST(BadEndpoint, RefusalsAreToldApartByStatus) {
  const auto refused = [](std::string_view status, std::string_view body = "{}", std::string_view headers = {}) {
    return call_meets(answer(status, "application/json", body, headers));
  };
  const auto unauthorised =
      refused("401 Unauthorized", R"({"error":{"message":"Incorrect API key provided: sk-secret-key","code":"x"}})");
  expect_failure(unauthorised, "call.unauthorised", Retry::never);
  EXPECT_EQ(unauthorised.detail, "HTTP 401: Incorrect API key provided: [secret]");
  EXPECT_EQ(unauthorised.http_status, 401);
  expect_failure(refused("400 Bad", R"({"object":"error","message":"flat"})"), "call.rejected", Retry::never);
  EXPECT_EQ(refused("400 Bad", R"({"object":"error","message":"flat"})").detail, "HTTP 400: flat");
  expect_failure(refused("403 Forbidden"), "call.forbidden", Retry::never);
  expect_failure(refused("404 Not Found", "no such page"), "call.not_found", Retry::never);
  expect_failure(refused("408 Timeout"), "call.timed_out", Retry::retry);
  expect_failure(refused("409 Conflict"), "call.rejected", Retry::retry);
  expect_failure(refused("422 Unprocessable"), "call.rejected", Retry::never);
  expect_failure(refused("500 Oops", "<html>"), "call.server_error", Retry::retry);
  expect_failure(refused("503 Loading", R"({"error":{"message":"Loading model","code":503}})"), "call.server_error",
                 Retry::retry);
  expect_failure(refused("500 Oops", "{}", "x-should-retry: false\r\n"), "call.server_error", Retry::never);
  expect_failure(refused("400 Bad", "{}", "x-should-retry: true\r\n"), "call.rejected", Retry::retry);
}

TEST(BadEndpoint, TooManyRequestsSayHowLongToWait) {
  const auto waits = [](std::string_view headers) {
    const auto outcome = call_meets(answer("429 Too Many", "application/json", "{}", headers));
    expect_failure(outcome, "call.rate_limited", Retry::slow_down);
    return outcome.retry_after_ms;
  };
  EXPECT_EQ(waits("Retry-After: 3\r\n"), 3'000);
  EXPECT_EQ(waits("Retry-After: 0.25\r\n"), 250);
  EXPECT_EQ(waits("Retry-After: 3\r\nRetry-After-Ms: 70\r\n"), 70);
  EXPECT_EQ(waits("retry-after-ms: soon\r\nretry-after: 2\r\n"), 2'000);
  EXPECT_EQ(waits("Retry-After: 99999999999\r\n"), kRetryAfterMsMax);
  EXPECT_EQ(waits("Retry-After: -5\r\n"), 0);
  EXPECT_EQ(waits("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"), 0);
  EXPECT_EQ(waits("Retry-After: whenever\r\n"), 0);
  EXPECT_EQ(waits(""), 0);
  const auto later = waits("Retry-After: Fri, 31 Dec 2199 23:59:59 GMT\r\n");
  EXPECT_EQ(later, kRetryAfterMsMax);
  const auto quota = call_meets(answer("429 Too Many", "application/json",
                                       R"({"error":{"message":"no money","code":"insufficient_quota"}})",
                                       "x-should-retry: true\r\nRetry-After: 1\r\n"));
  expect_failure(quota, "call.quota_used_up", Retry::never);
}

TEST(BadEndpoint, ARefusedConnectionIsUnreachable) {
  std::uint16_t port = 0;
  {
    // Bound and not listening, so that nobody else gets the port meanwhile.
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket taken(io, {boost::asio::ip::address_v4::loopback(), 0});
    port = taken.local_endpoint().port();
    const auto outcome = call(chat_to("http://127.0.0.1:" + std::to_string(port) + "/v1"));
    expect_failure(outcome, "call.unreachable", Retry::retry);
    EXPECT_EQ(outcome.http_status, 0);
  }
}

TEST(BadEndpoint, AConnectionThatIsClosedWithoutAWordIsUnreachable) {
  expect_failure(call_meets({close_now()}), "call.unreachable", Retry::retry);
}

TEST(BadEndpoint, WhatIsNotHttpIsMalformed) {
  expect_failure(call_meets({send("SSH-2.0-OpenSSH_9.2\r\n"), hold()}), "call.malformed_answer", Retry::retry);
}

TEST(BadEndpoint, TlsWithWhoDoesNotSpeakItIsUnreachable) {
  Endpoint plain([](const Received&) { return json_answer("{}"); });
  auto options = options_for_tests();
  options.connect_timeout = hub::milliseconds(300);
  expect_failure(call(chat_to("https://127.0.0.1:" + std::to_string(plain.port()) + "/v1"), options),
                 "call.unreachable", Retry::retry);
  EXPECT_EQ(plain.requests, 0);
}

TEST(BadEndpoint, AHeadWithoutEndIsCut) {
  expect_failure(call_meets({send("HTTP/1.1 200 OK\r\n"), drip("X-Bomb: " + std::string(900, 'x') + "\r\n", {})}),
                 "call.too_large", Retry::never);
  expect_failure(call_meets({send("HTTP/1.1 200 OK\r\nX-Bomb: "), drip(std::string(900, 'x'), {})}), "call.too_large",
                 Retry::never);
  expect_failure(call_meets({drip("HTTP/1.1 100 Continue\r\n\r\n", {})}), "call.too_large", Retry::never);
}

TEST(BadEndpoint, ALongErrorIsReadInPart) {
  const auto outcome = call_meets({send("HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\n\r\n"), drip("oops ", {})});
  expect_failure(outcome, "call.server_error", Retry::retry);
  const auto wordy =
      call_meets(answer("400 Bad", "application/json", R"({"error":{"message":")" + std::string(5'000, 'w') + "\"}}"));
  EXPECT_EQ(wordy.detail.size(), kDetailBytesMax);
}

}  // namespace
}  // namespace hub::calls::testing
