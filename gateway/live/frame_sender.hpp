#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/http/transport.hpp"

namespace hub::live {

/// Writes frames to one connection in the order in which they are queued, from any thread. For conversations with one
/// peer; streams with many readers have their outbox.
class FrameSender : public std::enable_shared_from_this<FrameSender> {
 public:
  using Clock = std::chrono::steady_clock;

  /// `executor`: of the connection's io thread. `sent` is called there behind each frame that went out.
  FrameSender(asio::any_io_executor executor, std::shared_ptr<http::Transport> transport,
              std::function<void()> sent = {});

  /// What cannot be sent any more is dropped.
  void queue(std::string frame);
  /// The close frame: nothing goes out behind it.
  void queue_last(std::string frame);
  /// Blocks while `bytes` or more wait to be sent.
  void wait_for_less_than(std::size_t bytes);
  std::size_t unsent_bytes() const;
  bool is_closing() const;
  /// The other side has not closed in time behind the last frame.
  bool is_overdue(Clock::time_point now) const;
  /// The connection is over.
  void end();
  bool has_ended() const;

 private:
  void queue(std::string frame, bool last);
  asio::awaitable<void> write_queued();

  const asio::any_io_executor executor_;
  const std::shared_ptr<http::Transport> transport_;
  const std::function<void()> sent_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable room_;
  std::deque<std::string> frames_;
  std::size_t unsent_bytes_ = 0;
  bool writing_ = false;
  bool closing_ = false;
  bool ended_ = false;
  Clock::time_point close_by_ = Clock::time_point::max();
};

}  // namespace hub::live
