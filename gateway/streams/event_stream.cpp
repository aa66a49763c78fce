#include "gateway/streams/event_stream.hpp"

#include "events/log/cloud_event.hpp"
#include "gateway/routes/event_reader.hpp"

namespace hub::streams {
namespace {

constexpr std::string_view kStream = "events";

class EventSource final : public live::StreamSource {
 public:
  explicit EventSource(log::Log& log) : log_(log) {}

  Result<void> authorise(const accounts::Principal&, std::string_view) override { return success(); }

  Result<live::Opening> open(std::string_view, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override {
    live::Opening opening;
    if (after && routes::is_of(*after, log_)) {
      opening.cursor = *after;
      const auto filter = routes::EventFilter::of(principal);
      HUB_TRY(auto events, routes::read_events(log_, opening.cursor, filter, kMissedEventsMax + 1));
      if (events.size() <= kMissedEventsMax) {
        opening.recovered = true;
        for (auto& event : events) opening.missed.push_back({std::move(event.cursor), std::move(event.json)});
        return opening;
      }
    }
    opening.cursor = routes::cursor_at_head(log_);
    return opening;
  }

 private:
  log::Log& log_;
};

}  // namespace

std::shared_ptr<live::StreamSource> make_event_source(log::Log& log) {
  return std::make_shared<EventSource>(log);
}

EventPublisher::EventPublisher(live::Hub& hub, log::Log& log) : hub_(hub), log_(log) {
  cursor_ = routes::cursor_at_head(log);
  watcher_ = log.watch([this](const std::vector<log::BatchPtr>& batches) {
    const std::lock_guard lock(mutex_);
    for (const auto& batch : batches) publish(*batch);
  });
}

EventPublisher::~EventPublisher() {
  log_.unwatch(watcher_);
}

void EventPublisher::publish(const log::Batch& batch) {
  auto& seq = cursor_.seqs[batch.partition];
  if (!hub_.watched(kStream)) {
    seq = std::max(seq, batch.end.last);
    return;
  }
  for (const auto& record : batch.records) {
    seq = record.seq;
    if (record.kind != log::RecordKind::event) continue;
    hub_.publish(kStream, {{batch.partition, record.seq},
                           to_text(cursor_),
                           log::to_cloud_event(record, batch.partition),
                           record.organisation,
                           record.project,
                           {}});
  }
}

}  // namespace hub::streams
