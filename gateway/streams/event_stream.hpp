#pragma once
#include <memory>
#include <mutex>

#include "events/log/log.hpp"
#include "gateway/live/hub.hpp"

namespace hub::streams {

/// Events that a resuming client may have missed; with more it is told that there is a gap.
inline constexpr std::size_t kMissedEventsMax = 10'000;

/// The stream `events`: CloudEvents, no snapshot.
std::shared_ptr<live::StreamSource> make_event_source(log::Log& log);

/// Publishes each committed event while somebody watches. One of these watches the log while it lives.
class EventPublisher {
 public:
  EventPublisher(live::Hub& hub, log::Log& log);
  ~EventPublisher();
  EventPublisher(const EventPublisher&) = delete;
  EventPublisher& operator=(const EventPublisher&) = delete;

 private:
  void publish(const log::Batch& batch);

  live::Hub& hub_;
  log::Log& log_;
  std::mutex mutex_;
  Cursor cursor_;
  std::uint64_t watcher_ = 0;
};

}  // namespace hub::streams
