#include "gateway/routes/await.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hub::routes {
namespace {

constexpr std::chrono::milliseconds kReachPatience{250};

using SharedReply = std::shared_ptr<Result<engine::Reply>>;

/// Wakes a coroutine that waits on it; may be called from any thread, also after the coroutine has gone.
class Alarm {
 public:
  explicit Alarm(const asio::any_io_executor& executor) : timer_(std::make_shared<asio::steady_timer>(executor)) {}

  std::function<void()> ringer() const {
    return [weak = std::weak_ptr(timer_)] {
      const auto timer = weak.lock();
      if (!timer) return;
      // On the coroutine's own thread: it has begun to wait by then.
      asio::post(timer->get_executor(), [weak] {
        if (const auto still = weak.lock()) still->cancel();
      });
    };
  }
  asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point end) {
    timer_->expires_at(end);
    co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
  }

 private:
  std::shared_ptr<asio::steady_timer> timer_;
};

/// What a deployment does not leave without being asked to.
bool is_at_rest(deployments::Status status) {
  return status == deployments::Status::stopped || status == deployments::Status::failed ||
         status == deployments::Status::deleted;
}

asio::awaitable<Result<bool>> reach_cursor(Services& services, const Cursor& cursor) {
  Alarm alarm(co_await asio::this_coro::executor);
  auto& progress = services.deployments.progress();
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

asio::awaitable<bool> reach(Services& services, Position position) {
  const auto cursor = services.deployments.progress().cursor_at(position);
  if (!cursor) co_return false;
  const auto reached = co_await reach_cursor(services, cursor.value());
  co_return reached&& reached.value();
}

asio::awaitable<Result<bool>> reach(Services& services, std::string_view min_pos) {
  if (const auto position = parse_position(min_pos)) {
    auto at = services.deployments.progress().cursor_at(position.value());
    if (!at) co_return at.error();
    co_return co_await reach_cursor(services, at.value());
  }
  auto cursor = parse_cursor(min_pos);
  if (!cursor) co_return cursor.error();
  co_return co_await reach_cursor(services, cursor.value());
}

asio::awaitable<bool> reach_status(Services& services, const std::string& id, deployments::Status status,
                                   Duration timeout) {
  Alarm alarm(co_await asio::this_coro::executor);
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(timeout.micros);
  const auto watcher = services.rows.add(id, alarm.ringer());
  bool reached = false;
  for (;;) {
    const auto item = services.deployments.get(id, services.clock());
    reached = item && item.value().status == status;
    const bool at_rest = item && is_at_rest(item.value().status);
    if (reached || at_rest || services.rows.stopped() || std::chrono::steady_clock::now() >= end) break;
    co_await alarm.wait_until(end);
  }
  services.rows.remove(id, watcher);
  co_return reached;
}

}  // namespace hub::routes
