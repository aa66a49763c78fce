#include "gateway/live/frame_sender.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace hub::live {
namespace {

constexpr std::chrono::seconds kCloseTimeout{2};

}  // namespace

FrameSender::FrameSender(asio::any_io_executor executor, std::shared_ptr<http::Transport> transport,
                         std::function<void()> sent)
    : executor_(std::move(executor)), transport_(std::move(transport)), sent_(std::move(sent)) {}

void FrameSender::queue(std::string frame) {
  queue(std::move(frame), false);
}

void FrameSender::queue_last(std::string frame) {
  queue(std::move(frame), true);
}

void FrameSender::queue(std::string frame, bool last) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || closing_) return;
    closing_ = last;
    unsent_bytes_ += frame.size();
    frames_.push_back(std::move(frame));
    if (std::exchange(writing_, true)) return;
  }
  // It may begin at once, on this thread.
  asio::co_spawn(
      executor_,
      [](std::shared_ptr<FrameSender> self) -> asio::awaitable<void> {
        co_await self->write_queued();
      }(shared_from_this()),
      asio::detached);
}

asio::awaitable<void> FrameSender::write_queued() {
  for (;;) {
    std::string frame;
    {
      const std::lock_guard lock(mutex_);
      writing_ = !frames_.empty();
      if (!writing_) break;
      frame = std::move(frames_.front());
      frames_.pop_front();
    }
    const asio::const_buffer buffer = asio::buffer(frame);
    const auto [error, count] = co_await transport_->write(http::Buffers(&buffer, 1));
    if (error) {
      end();
      co_return transport_->cancel();
    }
    {
      const std::lock_guard lock(mutex_);
      unsent_bytes_ -= std::min(unsent_bytes_, frame.size());
      // A slow line may take a while to bring what was queued before the last frame.
      if (closing_ && frames_.empty()) close_by_ = Clock::now() + kCloseTimeout;
    }
    room_.notify_all();
    if (sent_) sent_();
  }
}

void FrameSender::wait_for_less_than(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return ended_ || closing_ || unsent_bytes_ < bytes; });
}

std::size_t FrameSender::unsent_bytes() const {
  const std::lock_guard lock(mutex_);
  return unsent_bytes_;
}

bool FrameSender::is_closing() const {
  const std::lock_guard lock(mutex_);
  return closing_;
}

bool FrameSender::is_overdue(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return now >= close_by_;
}

bool FrameSender::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void FrameSender::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    frames_.clear();
    unsent_bytes_ = 0;
  }
  room_.notify_all();
}

}  // namespace hub::live
