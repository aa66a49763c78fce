#include "adapters/models/caller.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "tests/models/calling.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::calls::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Caller, StreamsTextAsItComesAndEndsWithUsage) {
  Endpoint endpoint([](const Received&) {
    return Reply{stream_head(text_event("Hel") + text_event("lo") + finish_event("stop") + usage_event(7, 2) +
                             "data: [DONE]\n\n"),
                 close_now()};
  });
  Caller caller(options_for_tests());
  const auto told = std::make_shared<Told>();
  caller.start(chat_to(endpoint.url()), seconds(20), told);
  const auto outcome = told->wait();
  EXPECT_EQ(outcome.kind, OutcomeKind::completed) << outcome.code << ' ' << outcome.detail;
  EXPECT_EQ(outcome.result, R"({"text":"Hello"})");
  EXPECT_EQ(outcome.finish_reason, "stop");
  EXPECT_EQ(outcome.usage, (Usage{true, 7, 2, 9}));
  EXPECT_EQ(outcome.http_status, 200);
  EXPECT_GT(outcome.started.micros, 0);
  EXPECT_GE(outcome.ended, outcome.started);
  EXPECT_EQ(told->text(), "Hello");
  EXPECT_EQ(told->chunks().size(), 4U);
  EXPECT_EQ(told->chunks().back(),
            R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}})");
}

TEST(Caller, SendsWhatTheRequestSays) {
  std::mutex mutex;
  std::vector<Received> all;
  Endpoint endpoint([&](const Received& received) {
    const std::lock_guard lock(mutex);
    all.push_back(received);
    return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})");
  });
  const auto outcome = call(chat_to(endpoint.url("/v1/chat/completions?version=1")));
  EXPECT_EQ(outcome.result, R"({"text":"ok"})");
  EXPECT_FALSE(outcome.usage.known);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0].head, ::testing::StartsWith("POST /v1/chat/completions?version=1 HTTP/1.1\r\n"));
  EXPECT_THAT(all[0].head, HasSubstr("\r\nAuthorization: Bearer sk-secret-key\r\n"));
  EXPECT_THAT(all[0].head, HasSubstr("\r\nUser-Agent: ComputeHub/"));
  EXPECT_EQ(all[0].body, R"({"model":"m","messages":[],"stream":true})");
}

TEST(Caller, SendsALargeBodyWithoutAskingFirst) {
  std::atomic<std::size_t> size{0};
  Endpoint endpoint([&](const Received& received) {
    size = received.body.size();
    EXPECT_THAT(received.head, ::testing::Not(HasSubstr("Expect")));
    return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})");
  });
  auto request = chat_to(endpoint.url());
  request.body = std::string(3'000'000, ' ') + "{}";
  EXPECT_EQ(call(request).kind, OutcomeKind::completed);
  EXPECT_EQ(size, 3'000'002U);
}

TEST(Caller, UsesAConnectionAgain) {
  Endpoint endpoint([](const Received&) { return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})"); });
  Caller caller(options_for_tests());
  for (int i = 0; i < 5; ++i) {
    const auto told = std::make_shared<Told>();
    caller.start(chat_to(endpoint.url()), seconds(20), told);
    EXPECT_EQ(told->wait().kind, OutcomeKind::completed);
  }
  EXPECT_EQ(endpoint.accepted, 1);
  EXPECT_EQ(endpoint.requests, 5);
}

TEST(Caller, AnAbortClosesTheConnectionAndKeepsWhatHadCome) {
  Endpoint endpoint([](const Received&) { return Reply{stream_head(text_event("so far")), hold()}; });
  Caller caller(options_for_tests());
  const auto told = std::make_shared<Told>();
  const auto id = caller.start(chat_to(endpoint.url()), seconds(600), told);
  EXPECT_EQ(told->wait_for_text("so far"), "so far");
  EXPECT_EQ(endpoint.closed, 0);
  caller.abort(id);
  const auto outcome = told->wait();
  EXPECT_EQ(outcome.kind, OutcomeKind::aborted);
  EXPECT_EQ(outcome.code, "call.aborted");
  EXPECT_EQ(outcome.result, R"({"text":"so far"})");
  EXPECT_TRUE(eventually([&] { return endpoint.closed == 1; }));
  caller.abort(id);
  caller.abort(id + 100);
  EXPECT_EQ(caller.under_way(), 0U);
}

TEST(Caller, AnAbortedCallThatNeverLeftIsToldToo) {
  Endpoint endpoint([](const Received&) { return Reply{hold()}; });
  Caller caller(options_for_tests());
  std::vector<std::shared_ptr<Told>> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(std::make_shared<Told>());
    caller.abort(caller.start(chat_to(endpoint.url()), seconds(600), all.back()));
  }
  for (const auto& told : all) EXPECT_EQ(told->wait().kind, OutcomeKind::aborted);
  caller.stop();
  for (const auto& told : all) EXPECT_EQ(told->ends(), 1U);
}

TEST(Caller, StopAbortsWhatIsUnderWayAndWhatComesLater) {
  Endpoint endpoint([](const Received&) { return Reply{hold()}; });
  Caller caller(options_for_tests());
  std::vector<std::shared_ptr<Told>> all;
  for (int i = 0; i < 20; ++i) caller.start(chat_to(endpoint.url()), seconds(600), all.emplace_back(new Told));
  EXPECT_EQ(caller.under_way(), 20U);
  EXPECT_TRUE(eventually([&] { return endpoint.requests > 0; }));
  caller.stop();
  caller.start(chat_to(endpoint.url()), seconds(600), all.emplace_back(new Told));
  for (const auto& told : all) {
    EXPECT_EQ(told->wait().kind, OutcomeKind::aborted);
    EXPECT_EQ(told->ends(), 1U);
  }
  EXPECT_EQ(caller.under_way(), 0U);
}

/// Starts the next call from the end of the one before.
class Chain : public Told {
 public:
  Chain(Caller& caller, Request request, int left) : caller_(caller), request_(std::move(request)), left_(left) {}
  void on_end(Outcome outcome) override {
    if (left_ > 0) caller_.start(request_, seconds(20), next = std::make_shared<Chain>(caller_, request_, left_ - 1));
    Told::on_end(std::move(outcome));
  }
  std::shared_ptr<Chain> next;

 private:
  Caller& caller_;
  Request request_;
  int left_;
};

TEST(Caller, ASinkMayStartTheNextCall) {
  Endpoint endpoint([](const Received&) { return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})"); });
  Caller caller(options_for_tests());
  auto link = std::make_shared<Chain>(caller, chat_to(endpoint.url()), 3);
  caller.start(chat_to(endpoint.url()), seconds(20), link);
  int calls = 0;
  for (; link; link = link->next, ++calls) EXPECT_EQ(link->wait().kind, OutcomeKind::completed);
  EXPECT_EQ(calls, 4);
}

TEST(Caller, TwoThousandCallsAreUnderWayAtOnceAndAllComplete) {
  constexpr int kCalls = 2'000;
  std::atomic<int> waiting{0};
  // Each connection is held until all calls are there: none can end before the last one has come.
  Endpoint endpoint([&](const Received&) {
    ++waiting;
    return Reply{stream_head(text_event("a")), hold()};
  });
  Endpoint quick([](const Received&) {
    return Reply{stream_head(text_event("b") + finish_event("stop") + "data: [DONE]\n\n"), close_now()};
  });
  Caller caller(options_for_tests());
  std::vector<std::shared_ptr<Told>> held;
  std::vector<Caller::CallId> ids;
  for (int i = 0; i < kCalls; ++i)
    ids.push_back(caller.start(chat_to(endpoint.url()), seconds(600), held.emplace_back(new Told)));
  EXPECT_TRUE(eventually([&] { return waiting == kCalls; }));
  EXPECT_EQ(caller.under_way(), std::size_t{kCalls});

  std::vector<std::shared_ptr<Told>> others;
  for (int i = 0; i < kCalls; ++i) caller.start(chat_to(quick.url()), seconds(600), others.emplace_back(new Told));
  for (const auto& told : others) {
    const auto outcome = told->wait();
    EXPECT_EQ(outcome.kind, OutcomeKind::completed) << outcome.code << ' ' << outcome.detail;
  }
  for (const auto id : ids) caller.abort(id);
  for (const auto& told : held) EXPECT_EQ(told->wait().result, R"({"text":"a"})");
  EXPECT_EQ(caller.under_way(), 0U);
}

TEST(Caller, OneCallTooManyIsRefusedAndTheOthersGoOn) {
  Endpoint endpoint([](const Received&) { return Reply{hold()}; });
  auto options = options_for_tests();
  options.calls_max = 3;
  options.threads = 2;
  Caller caller(std::move(options));
  std::vector<std::shared_ptr<Told>> all;
  for (int i = 0; i < 4; ++i) caller.start(chat_to(endpoint.url()), seconds(600), all.emplace_back(new Told));
  const auto outcome = all.back()->wait();
  EXPECT_EQ(outcome.code, "call.too_many_calls");
  EXPECT_EQ(outcome.retry, Retry::retry);
  EXPECT_TRUE(eventually([&] { return endpoint.requests == 3; }));
  EXPECT_EQ(caller.under_way(), 3U);
}

TEST(Caller, ABadEndpointDoesNotDelayAnother) {
  Endpoint endless([](const Received&) { return Reply{stream_head({}), drip(text_event("x"), {})}; });
  Endpoint silent([](const Received&) { return Reply{hold()}; });
  Endpoint good([](const Received&) { return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})"); });
  Caller caller(options_for_tests());
  std::vector<std::shared_ptr<Told>> bad;
  for (int i = 0; i < 50; ++i) caller.start(chat_to(silent.url()), seconds(600), bad.emplace_back(new Told));
  for (int i = 0; i < 2; ++i) caller.start(chat_to(endless.url()), seconds(600), bad.emplace_back(new Told));
  for (int i = 0; i < 10; ++i) {
    const auto told = std::make_shared<Told>();
    caller.start(chat_to(good.url()), seconds(20), told);
    EXPECT_EQ(told->wait().kind, OutcomeKind::completed);
  }
}

/// Keeps nothing.
class Deaf : public Sink {
 public:
  void on_piece(std::string_view) override {}
  void on_end(Outcome) override {}
};

TEST(Caller, AStreamThatComesFasterThanItIsReadDoesNotDelayAnother) {
  std::string block;
  for (int i = 0; i < 5'000; ++i) block += text_event("x");
  Endpoint flood([&](const Received&) { return Reply{stream_head({}), drip(block, {})}; });
  Endpoint good([](const Received&) { return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})"); });
  auto options = options_for_tests();
  options.answer_bytes_max = std::size_t{1} << 40U;
  Caller caller(std::move(options));
  caller.start(chat_to(flood.url()), seconds(600), std::make_shared<Deaf>());
  EXPECT_TRUE(eventually([&] { return flood.requests == 1; }));
  for (int i = 0; i < 10; ++i) {
    const auto told = std::make_shared<Told>();
    caller.start(chat_to(good.url()), seconds(20), told);
    ASSERT_EQ(told->wait().kind, OutcomeKind::completed);
  }
}

TEST(Caller, CallsToANameFollowTheFirstOneOnceItIsResolved) {
  Endpoint endpoint([](const Received&) { return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})"); });
  Caller caller(options_for_tests());
  std::vector<std::shared_ptr<Told>> all;
  for (int i = 0; i < 300; ++i)
    caller.start(chat_to(endpoint.url("/v1", "localhost")), seconds(20), all.emplace_back(new Told));
  for (const auto& told : all) EXPECT_EQ(told->wait().kind, OutcomeKind::completed);
}

std::size_t threads_of_this_process() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

TEST(Caller, CallsToANameThatCannotBeResolvedFailAlikeAndTakeNoThreadEach) {
  Caller caller(options_for_tests());
  const auto threads = threads_of_this_process();
  std::vector<std::shared_ptr<Told>> all;
  for (int i = 0; i < 500; ++i)
    caller.start(chat_to("http://nowhere.invalid/v1"), seconds(60), all.emplace_back(new Told));
  std::size_t most = 0;
  EXPECT_TRUE(eventually([&] {
    most = std::max(most, threads_of_this_process());
    return caller.under_way() == 0;
  }));
  EXPECT_LE(most, threads + 4);
  for (const auto& told : all) {
    const auto outcome = told->wait();
    EXPECT_EQ(outcome.code, "call.unreachable") << outcome.detail;
    EXPECT_EQ(outcome.retry, Retry::retry);
    EXPECT_EQ(outcome.http_status, 0);
  }
}

TEST(Caller, TakesNoProxyFromTheEnvironment) {
  Endpoint endpoint([](const Received&) { return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})"); });
  Endpoint other([](const Received&) { return json_answer("{}"); });
  const auto proxy = "http://127.0.0.1:" + std::to_string(other.port());
  ::setenv("http_proxy", proxy.c_str(), 1);
  ::setenv("ALL_PROXY", proxy.c_str(), 1);
  EXPECT_EQ(call(chat_to(endpoint.url())).result, R"({"text":"ok"})");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_EQ(other.accepted, 0);
}

TEST(Caller, GoesThroughTheProxyOfTheOperator) {
  std::mutex mutex;
  std::string head;
  Endpoint proxy([&](const Received& received) {
    const std::lock_guard lock(mutex);
    head = received.head;
    return json_answer(R"({"choices":[{"message":{"content":"from afar"}}]})");
  });
  CallerOptions options;  // loopback is refused, but the proxy's address is the operator's
  options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
  const auto outcome = call(chat_to("http://models.invalid/v1/chat/completions"), options);
  EXPECT_EQ(outcome.result, R"({"text":"from afar"})");
  EXPECT_THAT(head, ::testing::StartsWith("POST http://models.invalid/v1/chat/completions HTTP/1.1\r\n"));
  EXPECT_EQ(call(chat_to("http://10.0.0.1/v1"), options).code, "call.refused_address");
  EXPECT_EQ(proxy.requests, 1);
}

TEST(Caller, VerifiesCertificates) {
  const test::TempFolder folder;
  const TlsFiles files{folder.path() / "certificate.pem", folder.path() / "key.pem"};
  write_certificate(files);
  Endpoint endpoint([](const Received&) { return json_answer(R"({"choices":[{"message":{"content":"ok"}}]})"); },
                    &files);
  const auto url = "https://127.0.0.1:" + std::to_string(endpoint.port()) + "/v1";
  const auto refused = call(chat_to(url));
  EXPECT_EQ(refused.code, "call.tls_refused") << refused.detail;
  EXPECT_EQ(refused.retry, Retry::never);
  EXPECT_EQ(endpoint.requests, 0);
  auto options = options_for_tests();
  options.ca_file = files.certificate;
  EXPECT_EQ(call(chat_to(url), options).result, R"({"text":"ok"})");
}

}  // namespace
}  // namespace hub::calls::testing
