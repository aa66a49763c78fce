// What a server does before it says that there is no such thing: another one may have written it.
#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "tests/gateway/live_site.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/ws_client.hpp"

namespace hub {
namespace {

using ::testing::ElementsAre;
using testing::fetch;
using ::testing::HasSubstr;
using testing::LiveSite;
using testing::WsClient;

constexpr auto kGood = "Authorization: Bearer good-token\r\n";
constexpr auto kNew = "Authorization: Bearer new-token\r\n";

Failure behind() {
  return unavailable("log.behind", "not read so far");
}

/// Knows what "another server" has written, things and a token, only when it has caught up.
class BehindSite {
 public:
  BehindSite() {
    http::Router router;
    router.add({http::Verb::get, "/things/{id}", [this](http::Request& request) -> asio::awaitable<http::Response> {
                  ++looks;
                  const std::string id(request.param("id"));
                  if (is_known(id)) co_return http::answer("\"" + id + "\"");
                  if (id != "noted_by_nobody") request.missed.push_back(id);
                  co_return http::refuse(request, not_found("thing.not_found", "no such thing"));
                }});
    http::ServerOptions options;
    options.threads = 1;
    options.guard.authenticate = [this](std::string_view token) {
      return testing::principal_of(token == "new-token" && is_known("token") ? "good-token" : token);
    };
    options.catch_up = [this](const std::vector<std::string>& entities) -> asio::awaitable<Result<void>> {
      co_return catch_up(entities);
    };
    server_ = std::make_unique<http::Server>(std::move(options), std::move(router));
    HUB_ASSERT(server_->start());
  }
  ~BehindSite() { server_->stop(std::chrono::milliseconds(0)); }

  testing::Answer get(std::string_view id, std::string_view headers = kGood) const {
    return fetch(server_->port(), "GET", "/things/" + std::string(id), headers);
  }
  void know(const std::string& id) {
    const std::lock_guard lock(mutex_);
    known_.insert(id);
  }
  void write(const std::string& id) {
    const std::lock_guard lock(mutex_);
    written_.insert(id);
  }
  /// What it was asked to catch up with, each time.
  std::vector<std::vector<std::string>> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  std::atomic<bool> cut_off{false};
  std::atomic<int> looks{0};

 private:
  bool is_known(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return known_.count(id) > 0;
  }
  Result<void> catch_up(const std::vector<std::string>& entities) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(entities);
    if (cut_off) return behind();
    known_.insert(written_.begin(), written_.end());
    return success();
  }

  std::mutex mutex_;  ///< guards the next three
  std::set<std::string> written_, known_;
  std::vector<std::vector<std::string>> asked_;
  std::unique_ptr<http::Server> server_;
};

TEST(CatchUp, WhatAnotherServerHasWrittenIsFoundAtTheSecondLook) {
  BehindSite site;
  site.write("a");
  EXPECT_EQ(site.get("a").status, 200);
  EXPECT_THAT(site.asked(), ElementsAre(ElementsAre("a")));
  EXPECT_EQ(site.looks, 2);
}

TEST(CatchUp, WhatIsKnownCostsNoQuestion) {
  BehindSite site;
  site.know("a");
  EXPECT_EQ(site.get("a").status, 200);
  EXPECT_TRUE(site.asked().empty());
  EXPECT_EQ(site.looks, 1);
}

TEST(CatchUp, WhatIsNowhereIsNotFoundBehindOneQuestion) {
  BehindSite site;
  EXPECT_EQ(site.get("a").status, 404);
  EXPECT_EQ(site.asked().size(), 1U);
  EXPECT_EQ(site.get("noted_by_nobody").status, 404);
  EXPECT_EQ(site.asked().size(), 1U);
}

TEST(CatchUp, AServerThatIsCutOffSaysThatItDoesNotKnow) {
  BehindSite site;
  site.cut_off = true;
  const auto answer = site.get("a");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("log.behind"));
  EXPECT_EQ(site.get("a", kNew).status, 503);
  EXPECT_EQ(site.looks, 1);
}

TEST(CatchUp, ATokenOfAnotherServerIsLetInAndAWrongOneIsNot) {
  BehindSite site;
  site.know("a");
  EXPECT_EQ(site.get("a", kNew).status, 401);
  site.write("token");
  EXPECT_EQ(site.get("a", kNew).status, 200);
  EXPECT_THAT(site.asked(), ElementsAre(ElementsAre(), ElementsAre()));
  EXPECT_EQ(site.get("a", "").status, 401) << "without a token there is nothing to be looked for";
  EXPECT_EQ(site.asked().size(), 2U);
}

struct LiveNews {
  std::atomic<int> asked{0};
  std::atomic<bool> cut_off{false};
  live::HubOptions options() {
    live::HubOptions options;
    options.catch_up = [this](const accounts::Principal&, std::string_view stream,
                              std::function<void(Result<void>)> told) {
      EXPECT_TRUE(stream.starts_with("counters/"));
      ++asked;
      told(cut_off ? Result<void>(behind()) : success());
    };
    return options;
  }
};

TEST(CatchUp, AStreamOfSomethingThatAnotherServerHasWrittenBegins) {
  LiveNews news;
  LiveSite site(news.options());
  site.counters().refusals = 1;
  WsClient client(site.port());
  client.subscribe(1, "counters/late");
  EXPECT_THAT(client.read(), HasSubstr(R"({"type":"subscribed","id":1)"));
  EXPECT_EQ(news.asked, 1);
  client.subscribe(2, "counters/a");
  EXPECT_THAT(client.read_until("subscribed"), HasSubstr(R"("id":2)"));
  EXPECT_EQ(news.asked, 1) << "what is known costs no question";
}

TEST(CatchUp, AStreamOfNothingIsRefusedAndTheNextOneOpened) {
  LiveNews news;
  LiveSite site(news.options());
  WsClient client(site.port());
  client.subscribe(1, "counters/none");
  EXPECT_THAT(client.read(), HasSubstr("counter.not_found"));
  EXPECT_EQ(news.asked, 1);
  news.cut_off = true;
  client.subscribe(2, "counters/none");
  EXPECT_THAT(client.read(), HasSubstr("log.behind"));
  client.subscribe(3, "counters/a");
  EXPECT_THAT(client.read(), HasSubstr(R"({"type":"subscribed","id":3)"));
}

TEST(CatchUp, AStreamThatIsGivenUpWhileItIsLookedForIsLetGo) {
  std::function<void(Result<void>)> tell;
  std::atomic<bool> asked{false};
  live::HubOptions options;
  options.catch_up = [&](const accounts::Principal&, std::string_view, std::function<void(Result<void>)> told) {
    tell = std::move(told);
    asked = true;
    asked.notify_all();
  };
  LiveSite site(options);
  WsClient client(site.port());
  client.subscribe(1, "counters/none");
  asked.wait(false);
  client.send(R"({"type":"unsubscribe","id":1})");
  EXPECT_EQ(client.read(), R"({"type":"unsubscribed","id":1})");
  tell(success());
  ASSERT_TRUE(site.counters().wait_for_watched(0));
  client.subscribe(2, "counters/a");
  EXPECT_THAT(client.read(), HasSubstr(R"({"type":"subscribed","id":2)"));
}

}  // namespace
}  // namespace hub
