#include "adapters/providers/local/log_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "adapters/providers/local/files.hpp"

namespace hub::providers::local {
namespace {

constexpr std::uint64_t kMarkBytes = 64 * 1'024;
constexpr std::size_t kReadBytes = 256 * 1'024;
static_assert(kReadBytes > kFrameHeaderBytes + kFrameTextMax, "a read must hold any frame");
constexpr std::size_t kLimitMax = 10'000;

std::string read_at(int fd, std::uint64_t offset, std::size_t bytes) {
  std::string out(bytes, '\0');
  const auto got = ::pread(fd, out.data(), bytes, static_cast<off_t>(offset));
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

bool matches(const LogQuery& query, const Frame& frame) {
  if (query.is_stderr && *query.is_stderr != ((frame.flags & kFrameStderr) != 0)) return false;
  if (query.from.is_set() && frame.at_micros < query.from.micros) return false;
  return query.contains.empty() || frame.text.find(query.contains) != std::string_view::npos;
}

bool is_too_late(const LogQuery& query, const Frame& frame) {
  return query.to.is_set() && frame.at_micros >= query.to.micros;
}

LogLine to_line(const Frame& frame) {
  return {frame.seq, Instant{frame.at_micros}, (frame.flags & kFrameStderr) != 0, (frame.flags & kFrameSplit) != 0,
          std::string(frame.text)};
}

std::size_t lines_max(const LogQuery& query) {
  return std::clamp<std::size_t>(query.limit, 1, kLimitMax);
}

}  // namespace

void LogReader::refresh() {
  std::vector<std::uint64_t> there;
  for (const auto& name : names_in(folder_))
    if (const auto first = segment_first_seq(name)) there.push_back(first);
  for (auto it = segments_.begin(); it != segments_.end();)
    it = std::binary_search(there.begin(), there.end(), it->first) ? std::next(it) : segments_.erase(it);
  for (const auto first : there)
    segments_.try_emplace(first).first->second.next_seq = std::max(segments_[first].next_seq, first);
}

void LogReader::extend(std::uint64_t first_seq, Segment& segment) {
  const Fd file(::open((folder_ + "/" + segment_name(first_seq)).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return;
  for (;;) {
    const auto bytes = read_at(file.get(), segment.checked_bytes, kReadBytes);
    std::size_t done = 0;
    Frame frame;
    while (const auto size = read_frame(std::string_view(bytes).substr(done), frame)) {
      if (segment.marks.empty() || segment.checked_bytes - segment.marks.back().offset >= kMarkBytes)
        segment.marks.push_back({frame.seq, segment.checked_bytes, frame.at_micros});
      segment.checked_bytes += size;
      segment.next_seq = frame.seq + 1;
      done += size;
    }
    // What is left is a frame that goes on behind this read, or one that is being written.
    if (done == 0 || bytes.size() < kReadBytes) return;
  }
}

std::int64_t LogReader::first_at(std::uint64_t first_seq, Segment& segment) {
  if (segment.first_at >= 0) return segment.first_at;
  const Fd file(::open((folder_ + "/" + segment_name(first_seq)).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return INT64_MAX;
  const auto header = read_at(file.get(), 0, kFrameHeaderBytes);
  if (frame_size(header) == 0) return INT64_MAX;  // nothing in it yet
  return segment.first_at = frame_header(header).at_micros;
}

std::string LogReader::read_block(std::uint64_t first_seq, const Segment& segment, std::size_t block) const {
  const Fd file(::open((folder_ + "/" + segment_name(first_seq)).c_str(), O_RDONLY | O_CLOEXEC));
  // Gone: it was the oldest and has been dropped meanwhile. Readers see the gap by the next seq.
  if (!file.is_open()) return {};
  const auto start = segment.marks[block].offset;
  const auto end = block + 1 < segment.marks.size() ? segment.marks[block + 1].offset : segment.checked_bytes;
  return read_at(file.get(), start, end - start);
}

std::uint64_t LogReader::last_seq_locked() {
  refresh();
  if (segments_.empty()) return 0;
  auto& [first, segment] = *segments_.rbegin();
  extend(first, segment);
  return segment.next_seq - 1;
}

std::uint64_t LogReader::last_seq() {
  const std::lock_guard lock(mutex_);
  return last_seq_locked();
}

LogPage LogReader::read(const LogQuery& query) {
  const std::lock_guard lock(mutex_);
  const auto last = last_seq_locked();
  if (query.tail) {
    const auto count = std::min<std::uint64_t>(*query.tail, kLimitMax);
    return read_backward(query, query.before.value_or(last + 1), count);
  }
  if (query.before) return read_backward(query, *query.before, lines_max(query));
  return read_forward(query);
}

LogReader::Segments::iterator LogReader::segment_to_begin(const LogQuery& query, std::uint64_t first_wanted) {
  auto begin = segments_.upper_bound(first_wanted);
  if (begin != segments_.begin()) --begin;
  if (!query.from.is_set()) return begin;
  // Lines do not get older as they go on: skip each segment whose successor still begins too early.
  for (auto next = std::next(begin); next != segments_.end(); begin = next++)
    if (first_at(next->first, next->second) >= query.from.micros) break;
  return begin;
}

LogPage LogReader::read_forward(const LogQuery& query) {
  LogPage page;
  page.next_after = query.after.value_or(0);
  if (segments_.empty()) return page;
  const auto first_wanted = page.next_after + 1;
  // Only who names a place can miss lines behind it; "from the first kept one" begins where lines are.
  std::uint64_t expected = query.after && !query.from.is_set() ? first_wanted : 0;
  for (auto it = segment_to_begin(query, first_wanted); it != segments_.end(); ++it) {
    auto& [first, segment] = *it;
    extend(first, segment);
    std::size_t block = 0;
    while (block + 1 < segment.marks.size() && segment.marks[block + 1].seq <= first_wanted) ++block;
    for (; block < segment.marks.size(); ++block) {
      const auto bytes = read_block(first, segment, block);
      std::string_view rest = bytes;
      Frame frame;
      while (const auto size = read_frame(rest, frame)) {
        rest.remove_prefix(size);
        if (frame.seq < first_wanted) continue;
        if (is_too_late(query, frame)) return page;
        if (expected != 0 && frame.seq > expected && page.lost_from == 0) {
          page.lost_from = expected;
          page.lost_to = frame.seq - 1;
        }
        expected = frame.seq + 1;
        page.next_after = frame.seq;
        if (!matches(query, frame)) continue;
        page.lines.push_back(to_line(frame));
        if (page.lines.size() == lines_max(query)) return page;
      }
    }
  }
  return page;
}

LogPage LogReader::read_backward(const LogQuery& query, std::uint64_t before, std::size_t count) {
  LogPage page;
  const auto after = query.after.value_or(0);
  const auto last = segments_.empty() ? 0 : segments_.rbegin()->second.next_seq - 1;
  page.next_after = std::max(after, before == 0 ? 0 : std::min(before - 1, last));
  bool is_early = false;
  std::vector<LogLine> reversed;
  for (auto it = segments_.rbegin(); it != segments_.rend() && !is_early && reversed.size() < count; ++it) {
    auto& [first, segment] = *it;
    if (first >= before) continue;
    extend(first, segment);
    for (auto block = segment.marks.size(); block-- > 0 && !is_early && reversed.size() < count;) {
      if (segment.marks[block].seq >= before) continue;
      const auto bytes = read_block(first, segment, block);
      std::string_view rest = bytes;
      Frame frame;
      std::vector<LogLine> found;
      while (const auto size = read_frame(rest, frame)) {
        rest.remove_prefix(size);
        if (frame.seq >= before || is_too_late(query, frame)) break;
        if (frame.seq > after && matches(query, frame)) found.push_back(to_line(frame));
      }
      reversed.insert(reversed.end(), std::make_move_iterator(found.rbegin()), std::make_move_iterator(found.rend()));
      const auto& mark = segment.marks[block];
      is_early = mark.seq <= after || (query.from.is_set() && mark.at_micros < query.from.micros);
    }
  }
  if (reversed.size() > count) reversed.resize(count);
  page.lines.assign(std::make_move_iterator(reversed.rbegin()), std::make_move_iterator(reversed.rend()));
  return page;
}

}  // namespace hub::providers::local
