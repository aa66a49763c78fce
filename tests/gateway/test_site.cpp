#include "tests/gateway/test_site.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <mutex>

#include "events/core/json.hpp"

namespace hub::testing {

using http::Access;
using http::answer;
using http::Request;
using http::Response;
using http::Verb;

struct TestSite::State {
  std::mutex mutex;
  std::condition_variable changed;
  int slow = 0;
  bool released = false;
  int cancelled = 0;

  bool wait(int& counter, int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return counter >= count; });
  }
  void count(int& counter) {
    const std::lock_guard lock(mutex);
    ++counter;
    changed.notify_all();
  }
};

namespace {

asio::awaitable<Response> hello(Request&) {
  co_return answer(std::string(R"({"hello":"world"})"));
}

asio::awaitable<Response> echo(Request& request) {
  Response response = answer(std::string(request.body), 201);
  response.content_type = "text/plain";
  co_return response;
}

asio::awaitable<Response> thing(Request& request) {
  co_return answer(json_string(request.param("id")));
}
asio::awaitable<Response> file(Request& request) {
  co_return answer(json_string(request.param("path")));
}

asio::awaitable<Response> query(Request& request) {
  if (auto known = request.query.only({"name", "limit", "wait"}); !known) co_return refuse(request, known.error());
  const auto limit = request.query.number("limit", 1, 1000);
  if (!limit) co_return refuse(request, limit.error());
  std::string text(request.query.get("name").value_or("nobody"));
  text += " " + std::to_string(limit.value().value_or(20));
  co_return answer(json_string(text));
}

asio::awaitable<Response> whoami(Request& request) {
  const auto name = request.principal ? request.principal->id : std::string("nobody");
  co_return answer(json_string(name + " at " + request.remote.to_string() + (request.secure ? " over TLS" : "")));
}

asio::awaitable<Response> large(Request&) {
  auto response = answer(std::make_shared<const std::string>(std::string(300'000, 'x')));
  response.compressible = true;
  co_return response;
}

asio::awaitable<Response> throws(Request&) {
  throw std::runtime_error("/secret/path");
  co_return Response{};
}

}  // namespace

TestSite::TestSite(http::ServerOptions options) : state_(std::make_shared<State>()) {
  http::Router router;
  const auto add = [&](Verb verb, std::string pattern, http::Handler handler, Access access = Access::token) {
    router.add({verb, std::move(pattern), std::move(handler), access, {}});
  };
  add(Verb::get, "/hello", hello, Access::everyone);
  add(Verb::post, "/echo", echo, Access::everyone);
  add(Verb::get, "/things", hello, Access::everyone);
  add(Verb::delete_, "/things", hello, Access::everyone);
  add(Verb::get, "/things/{id}", thing, Access::everyone);
  add(Verb::get, "/things/{id}/parts", thing, Access::everyone);
  add(Verb::get, "/things/all", hello, Access::everyone);
  add(Verb::get, "/files/{path*}", file, Access::everyone);
  add(Verb::get, "/query", query, Access::everyone);
  add(Verb::get, "/large", large, Access::everyone);
  add(Verb::get, "/throws", throws, Access::everyone);
  add(Verb::get, "/public", whoami, Access::everyone);
  add(Verb::get, "/whoami", whoami);
  add(
      Verb::get, "/slow",
      [state = state_](Request&) -> asio::awaitable<Response> {
        state->count(state->slow);
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (;;) {
          {
            const std::lock_guard lock(state->mutex);
            if (state->released) break;
          }
          timer.expires_after(std::chrono::milliseconds(2));
          co_await timer.async_wait(asio::use_awaitable);
        }
        co_return answer(std::string(R"("slow")"));
      },
      Access::everyone);
  add(
      Verb::get, "/stream",
      [state = state_](Request&) -> asio::awaitable<Response> {
        Response response;
        response.content_type = "application/x-ndjson";
        response.stream = [state](http::BodyWriter& writer) -> asio::awaitable<void> {
          co_await writer.write("{\"n\":1}\n");
          co_await writer.write("{\"n\":2}\n");
          asio::steady_timer for_ever(co_await asio::this_coro::executor, std::chrono::hours(1));
          const auto [error] = co_await for_ever.async_wait(asio::as_tuple(asio::use_awaitable));
          if (error == asio::error::operation_aborted) state->count(state->cancelled);
        };
        co_return response;
      },
      Access::everyone);
  options.threads = 2;
  options.guard.authenticate = [](std::string_view token) -> std::shared_ptr<const accounts::Principal> {
    if (token != kToken) return nullptr;
    auto principal = std::make_shared<accounts::Principal>();
    principal->id = "user:test";
    return principal;
  };
  server_ = std::make_unique<http::Server>(std::move(options), std::move(router));
  const auto started = server_->start();
  if (!started) throw std::runtime_error(started.error().detail);
}

TestSite::~TestSite() {
  release();
  server_->stop(std::chrono::milliseconds(0));
}

bool TestSite::wait_for_slow(int count) {
  return state_->wait(state_->slow, count);
}
bool TestSite::wait_for_cancelled(int count) {
  return state_->wait(state_->cancelled, count);
}

void TestSite::release() {
  const std::lock_guard lock(state_->mutex);
  state_->released = true;
}

}  // namespace hub::testing
