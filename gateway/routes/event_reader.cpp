#include "gateway/routes/event_reader.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "events/log/cloud_event.hpp"

namespace hub::routes {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

/// False: the page is full.
bool take_batch(const log::Batch& batch, Cursor& cursor, const EventFilter& filter, std::size_t count_max,
                std::vector<ReadEvent>& events, const Cursor* until) {
  auto& seq = cursor.seqs[batch.partition];
  for (const auto& record : batch.records) {
    if (record.seq <= seq) continue;
    if (until != nullptr && record.seq > until->seqs[batch.partition]) return true;
    if (filter.shows(record)) {
      if (events.size() == count_max) return false;
      seq = record.seq;
      events.push_back({log::to_cloud_event(record, batch.partition), to_text(cursor)});
    }
    seq = record.seq;
  }
  return true;
}

bool has_all(const Cursor& cursor, log::Log& log) {
  for (PartitionId partition = 0; partition < log.partitions(); ++partition)
    if (cursor.seqs[partition] > log.head(partition).seq) return false;
  return true;
}

/// A record to be shown, kept alive by its batch.
struct Found {
  log::BatchPtr batch;
  const log::Record* record;
};

/// Those of one partition behind `after` up to `until`.
Result<void> find_between(log::Log& log, PartitionId partition, std::uint64_t after, std::uint64_t until,
                          const EventFilter& filter, std::vector<Found>& found) {
  while (after < until) {
    HUB_TRY(const auto batches, log.read(partition, after + 1, kReadBytes));
    if (batches.empty()) break;
    const auto before = after;
    for (const auto& batch : batches)
      for (const auto& record : batch->records) {
        if (record.seq <= after || record.seq > until) continue;
        after = record.seq;
        if (filter.shows(record)) found.push_back({batch, &record});
      }
    if (after == before) break;
  }
  return success();
}

/// Another node may have given it out, and be ahead of this one.
bool comes_to_have_all(const Cursor& cursor, log::Log& log) {
  std::mutex mutex;
  std::condition_variable told;
  bool news = true;
  const auto watcher = log.watch([&](const std::vector<log::BatchPtr>&) {
    const std::lock_guard lock(mutex);
    news = true;
    told.notify_one();
  });
  const auto until = std::chrono::steady_clock::now() + kOtherNodesPatience;
  bool has = false;
  for (;;) {
    std::unique_lock lock(mutex);
    if (!told.wait_until(lock, until, [&] { return news; })) break;
    news = false;
    lock.unlock();
    has = has_all(cursor, log);
    if (has) break;
  }
  log.unwatch(watcher);
  return has;
}

}  // namespace

EventFilter EventFilter::of(const accounts::Principal& principal) {
  EventFilter filter;
  filter.organisation = principal.organisation;
  for (const auto& [project, role] : principal.roles)
    if (role >= accounts::Role::viewer) filter.projects.push_back(project);
  return filter;
}

bool EventFilter::shows(const log::Record& record) const {
  return record.kind == log::RecordKind::event && record.organisation == organisation &&
         (type.empty() || record.type == type) && record.type.starts_with(type_beginning) &&
         std::find(projects.begin(), projects.end(), record.project) != projects.end();
}

Result<std::vector<ReadEvent>> read_events(log::Log& log, Cursor& cursor, const EventFilter& filter,
                                           std::size_t count_max, const Cursor* until) {
  if (!is_of(cursor, log)) return invalid("cursor.other_log", "this cursor is of another log", "after");
  std::vector<ReadEvent> events;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    for (;;) {
      HUB_TRY(const auto batches, log.read(partition, cursor.seqs[partition] + 1, kReadBytes));
      if (batches.empty()) break;
      const auto before = cursor.seqs[partition];
      for (const auto& batch : batches)
        if (!take_batch(*batch, cursor, filter, count_max, events, until)) return events;
      // A batch of outcomes alone has no seq to go on from: it is the last one.
      if (cursor.seqs[partition] == before) break;
    }
  }
  return events;
}

Result<std::vector<ReadEvent>> read_last_events(log::Log& log, Cursor& cursor, const EventFilter& filter,
                                                std::size_t count_max) {
  cursor = cursor_at_head(log);
  std::vector<Found> found;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    const auto head = cursor.seqs[partition];
    HUB_TRY(find_between(log, partition, head - std::min<std::uint64_t>(head, count_max), head, filter, found));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.record->time < b.record->time; });
  if (found.size() > count_max) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(count_max));
  std::vector<ReadEvent> events;
  const auto behind = to_text(cursor);
  for (const auto& [batch, record] : found) events.push_back({log::to_cloud_event(*record, batch->partition), behind});
  return events;
}

bool is_of(const Cursor& cursor, log::Log& log) {
  if (cursor.incarnation != log.incarnation() || cursor.seqs.size() != log.partitions()) return false;
  return has_all(cursor, log) || (log.is_shared() && comes_to_have_all(cursor, log));
}

Cursor cursor_at_start(const log::Log& log) {
  return {log.incarnation(), std::vector<std::uint64_t>(log.partitions(), 0)};
}

Cursor cursor_at_head(log::Log& log) {
  auto cursor = cursor_at_start(log);
  for (PartitionId partition = 0; partition < log.partitions(); ++partition)
    cursor.seqs[partition] = log.head(partition).seq;
  return cursor;
}

}  // namespace hub::routes
