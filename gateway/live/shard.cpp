#include "gateway/live/shard.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace hub::live {
namespace {

/// A turn that took D is followed by a pause of up to 8 D, so that at many subscribers a write carries several frames:
/// the system call is the greater part of what a small frame costs. With few subscribers the pause is not felt.
constexpr int kPauseFactor = 8;
constexpr milliseconds kPauseMax{40};

}  // namespace

Shard::Shard(HubState& state, asio::any_io_executor executor)
    : state_(state), executor_(std::move(executor)), pace_(executor_), ticker_(executor_) {}

void Shard::start() {
  asio::co_spawn(
      executor_,
      [](std::shared_ptr<Shard> self) -> asio::awaitable<void> { co_await self->tick_forever(); }(shared_from_this()),
      asio::detached);
}

void Shard::close_all() {
  stopping_ = true;
  for (const auto& socket : sockets_) {
    socket->close(CloseCode::going_away, "the server stops");
    socket->flush();
  }
}

asio::awaitable<void> Shard::tick_forever() {
  const auto& options = state_.options;
  const auto tick =
      std::clamp(std::min(options.idle_timeout, options.close_timeout) / 8, milliseconds(5), milliseconds(1'000));
  for (;;) {
    ticker_.expires_after(tick);
    const auto [error] = co_await ticker_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error || (stopping_ && sockets_.empty())) co_return;
    const auto now = Clock::now();
    for (const auto& socket : std::vector(sockets_.begin(), sockets_.end())) socket->check_idle(now);
  }
}

void Shard::push(const TopicPtr& topic, const PreparedPtr& frame) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.push_back({topic, frame});
    if (scheduled_) return;
    scheduled_ = true;
  }
  asio::post(executor_, [self = shared_from_this()] { self->drain(); });
}

void Shard::run_on(std::function<void(Shard&)> action) {
  {
    const std::lock_guard lock(mutex_);
    actions_.push_back(std::move(action));
  }
  asio::post(executor_, [self = shared_from_this()] { self->act(); });
}

void Shard::act() {
  std::vector<std::function<void(Shard&)>> actions;
  {
    const std::lock_guard lock(mutex_);
    actions.swap(actions_);
  }
  for (const auto& action : actions) action(*this);
}

void Shard::drain() {
  const auto now = Clock::now();
  if (now < next_drain_) {
    pace_.expires_at(next_drain_);
    pace_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->drain();
    });
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    working_.swap(inbox_);
    scheduled_ = false;
  }
  // Taken behind the frames, so what was asked for before one of them was pushed is done by now.
  act();
  in_turn_ = true;
  for (const auto& arrived : working_) deliver(arrived);
  in_turn_ = false;
  working_.clear();
  flush_dirty();
  next_drain_ = now + std::min<Clock::duration>((Clock::now() - now) * kPauseFactor, kPauseMax);
}

void Shard::deliver(const Arrived& arrived) {
  const auto found = subscribers_.find(arrived.topic.get());
  if (found == subscribers_.end()) return;
  const LocalPrepared frame(arrived.frame);
  // From the back, because a delivery may end the subscription, and then the last one takes its place.
  auto& subscribers = found->second;
  for (std::size_t i = subscribers.size(); i-- > 0;) subscribers[i]->socket.deliver(*subscribers[i], frame);
  if (subscribers.empty()) subscribers_.erase(found);
}

void Shard::subscribe(Subscription& subscription) {
  auto& subscribers = subscribers_[subscription.topic.get()];
  subscription.place = subscribers.size();
  subscribers.push_back(&subscription);
}

void Shard::unsubscribe(Subscription& subscription) {
  const auto found = subscribers_.find(subscription.topic.get());
  HUB_ASSERT(found != subscribers_.end() && found->second[subscription.place] == &subscription);
  auto& subscribers = found->second;
  subscribers[subscription.place] = subscribers.back();
  subscribers[subscription.place]->place = subscription.place;
  subscribers.pop_back();
  // A turn may be walking through the list, and clears up itself.
  if (subscribers.empty() && !in_turn_) subscribers_.erase(found);
}

void Shard::mark_dirty(LiveSocket& socket) {
  dirty_.push_back(socket.shared_from_this());
}

void Shard::flush_dirty() {
  for (const auto& socket : dirty_) socket->flush();
  dirty_.clear();
}

}  // namespace hub::live
