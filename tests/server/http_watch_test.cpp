#include "gateway/server/http_watch.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "gateway/http/response.hpp"

namespace hub::server {
namespace {

using http::Request;
using http::Response;
using http::Verb;

asio::awaitable<Response> nothing(Request&) {
  co_return http::answer(std::string());
}

http::Router two_routes() {
  http::Router router;
  router.add({Verb::get, "/things/{id}", nothing, http::Access::token, {}, 0});
  router.add({Verb::post, "/things", nothing, http::Access::token, {}, 0});
  return router;
}

Request request_for(const http::Router& router, Verb verb, std::string_view path) {
  Request request;
  request.method = verb;
  request.path = path;
  static_cast<void>(router.find(request));
  return request;
}

TEST(HttpWatch, CountsByRouteAndClassOfStatus) {
  const auto router = two_routes();
  HttpWatch watch(router);
  const auto get = request_for(router, Verb::get, "/things/7");
  const auto post = request_for(router, Verb::post, "/things");
  const auto lost = request_for(router, Verb::get, "/nowhere");
  watch.observe({get, 200, {}, std::chrono::microseconds(200), 50});
  watch.observe({get, 404, "thing.unknown", std::chrono::microseconds(20), 60});
  watch.observe({post, 201, {}, std::chrono::seconds(20), 70});
  watch.observe({lost, 404, "route.not_found", std::chrono::microseconds(1), 10});
  const auto routes = watch.routes();
  ASSERT_EQ(routes.size(), 3U);
  EXPECT_EQ(routes[0].pattern, "/things/{id}");
  EXPECT_THAT(routes[0].requests, ::testing::ElementsAre(0, 1, 0, 1, 0));
  EXPECT_EQ(routes[0].bytes, 110U);
  EXPECT_EQ(routes[0].micros_sum, 220U);
  EXPECT_EQ(routes[1].method, "POST");
  EXPECT_EQ(routes[1].durations.back(), 1U) << "longer than the last bound";
  EXPECT_EQ(routes[2].pattern, "") << "what matched no route has one label for all";
  EXPECT_EQ(routes[2].requests[3], 1U);
  EXPECT_THAT(watch.refusals(), ::testing::ElementsAre(::testing::Pair(::testing::Pair(404U, "route.not_found"), 1U),
                                                       ::testing::Pair(::testing::Pair(404U, "thing.unknown"), 1U)));
}

TEST(HttpWatch, LosesNoCountOfManyThreads) {
  const auto router = two_routes();
  HttpWatch watch(router);
  const auto get = request_for(router, Verb::get, "/things/7");
  constexpr std::uint64_t kEach = 20'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)  // more than there are sets of counters
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < kEach; ++n) watch.observe({get, 200, {}, std::chrono::microseconds(1), 1});
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(watch.routes()[0].requests[1], 12 * kEach);
  EXPECT_EQ(watch.routes()[0].bytes, 12 * kEach);
}

TEST(HttpWatch, CountsOnlySoManyCodesByName) {
  HttpWatch watch(two_routes());
  for (std::size_t i = 0; i < 2 * HttpWatch::kCodesMax; ++i) watch.count_refusal(403, "code" + std::to_string(i));
  EXPECT_LE(watch.refusals().size(), HttpWatch::kCodesMax + 1);
  EXPECT_EQ(watch.refusals().at({403, "other"}), HttpWatch::kCodesMax);
}

}  // namespace
}  // namespace hub::server
