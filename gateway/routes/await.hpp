#pragma once
// Waiting inside a request's coroutine for what happens on other threads.
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>

#include "gateway/routes/services.hpp"

namespace hub::routes {

/// Wakes a coroutine that waits on it.
class Alarm {
 public:
  explicit Alarm(const asio::any_io_executor& executor) : timer_(std::make_shared<asio::steady_timer>(executor)) {}

  /// May be called from any thread, also after the coroutine has gone.
  std::function<void()> ringer() const;
  /// Until it is rung, or `end`. Whoever waits asks then for what it waits for, and may have to wait again.
  asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point end);

 private:
  std::shared_ptr<asio::steady_timer> timer_;
};

/// Sends a command and waits for its durable outcome. Fails: as Engine::submit.
asio::awaitable<Result<engine::Reply>> send(Services& services, engine::Input input);

/// Waits until a projection has seen `position`, at most 250 ms. False: it is behind.
asio::awaitable<bool> reach(projections::Progress& progress, Position position);
/// The same for `min_pos=`, "partition:seq" or an opaque list position, when it is given: a query that is behind it
/// after the patience is answered all the same, and says so in its position. Fails: malformed `cursor.invalid`.
asio::awaitable<Result<void>> reach_min_pos(projections::Progress& progress, const http::Request& request);

/// Waits until `done` is true, which is asked now and after each change of the row, or `timeout` has passed, or the
/// server stops.
asio::awaitable<void> await_row(RowWatch& rows, const std::string& id, Duration timeout,
                                const std::function<bool()>& done);

/// Waits until the deployment has `status`, or one that it does not leave by itself, or `timeout` has passed, or the
/// server stops.
/// True: it has `status`.
asio::awaitable<bool> reach_status(Services& services, const std::string& id, deployments::Status status,
                                   Duration timeout);

/// Runs `work` where it may block, and comes back to the coroutine's own thread with its result. `work` captures
/// references into the caller's frame, which waits: GCC 12 destroys a closure that is made within a co_await
/// expression twice, which only harms one that owns something.
template <class Work>
auto on_blocking(Services& services, Work work) -> asio::awaitable<decltype(work())> {
  static_assert(std::is_trivially_destructible_v<Work>);
  using Value = decltype(work());
  const auto executor = co_await asio::this_coro::executor;
  auto initiation = [&](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(services.blocking, [executor, shared, work]() mutable {
      auto value = std::make_shared<std::optional<Value>>(work());
      asio::post(executor, [shared, value]() mutable { std::move (*shared)(std::move(value)); });
    });
  };
  auto done = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::shared_ptr<std::optional<Value>>)>(
      initiation, asio::use_awaitable);
  co_return std::move(**done);
}

}  // namespace hub::routes
