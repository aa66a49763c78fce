#include "gateway/routes/timeline.hpp"

#include <algorithm>

#include "events/log/cloud_event.hpp"

namespace hub::routes {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
/// Records of one window; one moment is never cut, however many it has.
constexpr std::uint64_t kWindowRecords = 1'024;
/// Windows that one question may look through.
constexpr int kWindowsMax = 16;
constexpr Duration kTick{1};
/// Before everything.
constexpr Instant kBeginning{1};

using Seqs = std::vector<Seq>;

/// Last seq of each partition that was recorded before `at`.
Result<Seqs> seqs_before(log::Log& log, Instant at) {
  Seqs seqs;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    HUB_TRY(const Seq seq, log.seq_at(partition, at - kTick));
    seqs.push_back(seq);
  }
  return seqs;
}

std::uint64_t count_between(const Seqs& from, const Seqs& to) {
  std::uint64_t count = 0;
  for (std::size_t partition = 0; partition < to.size(); ++partition)
    count += to[partition] - std::min(from[partition], to[partition]);
  return count;
}

/// What was recorded in [begin, end): behind `from` up to `to`.
struct Window {
  Instant begin, end;
  Seqs from, to;
};

Result<Window> window_of(log::Log& log, Instant begin, Instant end) {
  HUB_TRY(auto from, seqs_before(log, begin));
  HUB_TRY(auto to, seqs_before(log, end));
  return Window{begin, end, std::move(from), std::move(to)};
}

/// The widest window of at most kWindowRecords that ends at `end`, but a microsecond at least.
Result<Window> window_before(log::Log& log, Instant end) {
  HUB_TRY(auto found, window_of(log, end - kTick, end));
  HUB_TRY(auto whole, window_of(log, kBeginning, end));
  if (count_between(whole.from, whole.to) <= kWindowRecords) return whole;
  Instant wide = kBeginning;
  while ((found.begin - wide).micros > 1) {
    const Instant middle{wide.micros + (found.begin - wide).micros / 2};
    HUB_TRY(auto window, window_of(log, middle, end));
    if (count_between(window.from, window.to) <= kWindowRecords)
      found = std::move(window);
    else
      wide = middle;
  }
  return found;
}

/// The same, beginning at `begin` and not beyond `last`.
Result<Window> window_behind(log::Log& log, Instant begin, Instant last) {
  HUB_TRY(auto found, window_of(log, begin, begin + kTick));
  HUB_TRY(auto whole, window_of(log, begin, last));
  if (count_between(whole.from, whole.to) <= kWindowRecords) return whole;
  Instant wide = last;
  while ((wide - found.end).micros > 1) {
    const Instant middle{found.end.micros + (wide - found.end).micros / 2};
    HUB_TRY(auto window, window_of(log, begin, middle));
    if (count_between(window.from, window.to) <= kWindowRecords)
      found = std::move(window);
    else
      wide = middle;
  }
  return found;
}

Result<void> read_partition(log::Log& log, PartitionId partition, Seq from, Seq to, const EventFilter& filter,
                            std::vector<TimedEvent>& events) {
  while (from < to) {
    HUB_TRY(const auto batches, log.read(partition, from + 1, kReadBytes));
    const Seq before = from;
    for (const auto& batch : batches)
      for (const auto& record : batch->records) {
        if (record.seq <= from || record.seq > to) continue;
        from = record.seq;
        if (filter.shows(record)) events.push_back({batch->end.index_time, log::to_cloud_event(record, partition)});
      }
    if (from == before) break;
  }
  return success();
}

Result<std::vector<TimedEvent>> read_window(log::Log& log, const Window& window, const EventFilter& filter) {
  std::vector<TimedEvent> events;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    HUB_TRY(read_partition(log, partition, window.from[partition], window.to[partition], filter, events));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const TimedEvent& a, const TimedEvent& b) { return a.recorded_at < b.recorded_at; });
  return events;
}

Instant newest(log::Log& log) {
  Instant at;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition)
    at = std::max(at, log.head(partition).index_time);
  return at;
}

/// Leaves out the oldest above `count_max`, whole moments only.
void cut_oldest(Timeline& line, std::size_t count_max) {
  auto& events = line.events;
  if (events.size() <= count_max) return;
  auto cut = events.end() - static_cast<std::ptrdiff_t>(count_max);
  while (cut != events.begin() && std::prev(cut)->recorded_at == cut->recorded_at) --cut;
  if (cut == events.begin()) return;
  line.whole_to = cut->recorded_at;
  events.erase(events.begin(), cut);
}

void cut_newest(Timeline& line, std::size_t count_max) {
  auto& events = line.events;
  if (events.size() <= count_max) return;
  auto cut = events.begin() + static_cast<std::ptrdiff_t>(count_max);
  while (cut != events.end() && cut->recorded_at == std::prev(cut)->recorded_at) ++cut;
  if (cut == events.end()) return;
  line.whole_to = std::prev(cut)->recorded_at;
  events.erase(cut, events.end());
}

bool at_start(const Window& window) {
  return std::all_of(window.from.begin(), window.from.end(), [](Seq seq) { return seq == 0; });
}

Result<Timeline> read_back(log::Log& log, Instant at, const EventFilter& filter, std::size_t count_max) {
  Timeline line;
  line.whole_to = at;
  for (int i = 0; i < kWindowsMax && line.events.size() < count_max && line.whole_to; ++i) {
    if (*line.whole_to <= kBeginning) return Timeline{std::move(line.events), {}};
    HUB_TRY(const auto window, window_before(log, *line.whole_to));
    HUB_TRY(auto events, read_window(log, window, filter));
    events.insert(events.end(), std::make_move_iterator(line.events.begin()),
                  std::make_move_iterator(line.events.end()));
    line.events = std::move(events);
    line.whole_to = at_start(window) ? std::nullopt : std::optional(window.begin);
  }
  cut_oldest(line, count_max);
  return line;
}

Result<Timeline> read_on(log::Log& log, Instant at, const EventFilter& filter, std::size_t count_max) {
  // What comes meanwhile is asked for next time.
  const Instant last = newest(log) + kTick;
  Timeline line;
  Instant begin = std::max(at + kTick, kBeginning);
  line.whole_to = at;
  for (int i = 0; i < kWindowsMax && line.events.size() < count_max && line.whole_to; ++i) {
    if (begin >= last) return Timeline{std::move(line.events), {}};
    HUB_TRY(const auto window, window_behind(log, begin, last));
    HUB_TRY(auto events, read_window(log, window, filter));
    line.events.insert(line.events.end(), std::make_move_iterator(events.begin()),
                       std::make_move_iterator(events.end()));
    begin = window.end;
    line.whole_to = window.end >= last ? std::nullopt : std::optional(window.end - kTick);
  }
  cut_newest(line, count_max);
  return line;
}

}  // namespace

Result<Timeline> read_timeline(log::Log& log, Instant at, Direction direction, const EventFilter& filter,
                               std::size_t count_max) {
  return direction == Direction::back ? read_back(log, at, filter, count_max) : read_on(log, at, filter, count_max);
}

}  // namespace hub::routes
