#include "gateway/routes/await.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hub::routes {
namespace {

constexpr std::chrono::milliseconds kReachPatience{250};

using SharedReply = std::shared_ptr<Result<engine::Reply>>;

/// What a deployment does not leave without being asked to.
bool is_at_rest(deployments::Status status) {
  return status == deployments::Status::stopped || status == deployments::Status::failed ||
         status == deployments::Status::deleted;
}

asio::awaitable<Result<bool>> reach_cursor(projections::Progress& progress, const Cursor& cursor) {
  Alarm alarm(co_await asio::this_coro::executor);
  const auto end = std::chrono::steady_clock::now() + kReachPatience;
  const auto reached = std::make_shared<std::atomic<bool>>(false);
  const auto waiter = progress.when_reached(cursor, [reached, ring = alarm.ringer()] {
    *reached = true;
    ring();
  });
  if (!waiter) co_return waiter.error();
  if (waiter.value() == 0) co_return true;
  while (!*reached && std::chrono::steady_clock::now() < end) co_await alarm.wait_until(end);
  progress.cancel(waiter.value());
  co_return reached->load();
}

}  // namespace

std::function<void()> Alarm::ringer() const {
  return [weak = std::weak_ptr(timer_)] {
    const auto timer = weak.lock();
    if (!timer) return;
    // On the coroutine's own thread: it has begun to wait by then.
    asio::post(timer->get_executor(), [weak] {
      if (const auto still = weak.lock()) still->cancel();
    });
  };
}

asio::awaitable<void> Alarm::wait_until(std::chrono::steady_clock::time_point end) {
  timer_->expires_at(end);
  co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<Result<engine::Reply>> send(Services& services, engine::Input input) {
  const auto executor = co_await asio::this_coro::executor;
  auto initiation = [&](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    const auto finish = [executor, shared](Result<engine::Reply> result) {
      asio::post(executor, [shared, kept = std::make_shared<Result<engine::Reply>>(std::move(result))]() mutable {
        std::move (*shared)(std::move(kept));
      });
    };
    const auto submitted =
        services.engine.submit(std::move(input), [finish](const engine::Reply& given) { finish(given); });
    if (!submitted) finish(submitted.error());
  };
  const auto reply =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(SharedReply)>(initiation, asio::use_awaitable);
  co_return std::move(*reply);
}

asio::awaitable<bool> reach(projections::Progress& progress, Position position) {
  const auto cursor = progress.cursor_at(position);
  if (!cursor) co_return false;
  const auto reached = co_await reach_cursor(progress, cursor.value());
  co_return reached&& reached.value();
}

asio::awaitable<Result<void>> reach_min_pos(projections::Progress& progress, const http::Request& request) {
  const auto min_pos = request.query.get("min_pos");
  if (!min_pos) co_return success();
  const auto position = parse_position(*min_pos);
  const auto cursor = position ? progress.cursor_at(position.value()) : parse_cursor(*min_pos);
  auto refused = cursor ? std::optional<Failure>() : cursor.error();
  if (cursor) {
    const auto reached = co_await reach_cursor(progress, cursor.value());
    if (!reached) refused = reached.error();
  }
  if (!refused) co_return success();
  refused->field = "min_pos";
  co_return *refused;
}

asio::awaitable<void> await_row(RowWatch& rows, const std::string& id, Duration timeout,
                                const std::function<bool()>& done) {
  Alarm alarm(co_await asio::this_coro::executor);
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(timeout.micros);
  const RowWatch::Watching watching(rows, id, alarm.ringer());
  while (!done() && !rows.stopped() && std::chrono::steady_clock::now() < end) co_await alarm.wait_until(end);
}

asio::awaitable<bool> reach_status(Services& services, const std::string& id, deployments::Status status,
                                   Duration timeout) {
  bool reached = false;
  const std::function<bool()> done = [&] {
    const auto item = services.deployments.get(id, services.clock());
    reached = item && item.value().status == status;
    return reached || (item && is_at_rest(item.value().status));
  };
  co_await await_row(services.rows, id, timeout, done);
  co_return reached;
}

}  // namespace hub::routes
