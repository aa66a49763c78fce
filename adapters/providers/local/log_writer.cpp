#include "adapters/providers/local/log_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "adapters/providers/local/frame.hpp"

namespace hub::providers::local {
namespace {

/// So many segments share the allowance: dropping one costs at most this part of the kept lines.
constexpr std::uint64_t kSegments = 16;
constexpr std::uint64_t kSegmentBytesMin = 4 * 1'024;
/// Frames are gathered up to this many bytes before a write.
constexpr std::size_t kPendingBytesMax = 256 * 1'024;

}  // namespace

LogWriter::LogWriter(std::string folder, std::uint64_t bytes_max)
    : folder_(std::move(folder)),
      bytes_max_(bytes_max),
      segment_bytes_(std::max(bytes_max / kSegments, kSegmentBytesMin)) {}

std::string LogWriter::path_of(const Segment& segment) const {
  return folder_ + "/" + segment_name(segment.first_seq);
}

bool LogWriter::open() {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return false;
  for (const auto& name : names_in(folder_)) {
    struct stat info {};
    const auto first = segment_first_seq(name);
    if (first == 0 || ::stat((folder_ + "/" + name).c_str(), &info) != 0) continue;
    segments_.push_back({first, static_cast<std::uint64_t>(info.st_size)});
  }
  return segments_.empty() || scan_last();
}

bool LogWriter::scan_last() {
  auto& last = segments_.back();
  Fd file(::open(path_of(last).c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  std::string bytes;
  if (!file.is_open() || !read_all(file.get(), bytes, SIZE_MAX)) return false;
  last_seq_ = last.first_seq - 1;
  std::size_t whole = 0;
  Frame frame;
  while (const auto size = read_frame(std::string_view(bytes).substr(whole), frame)) {
    whole += size;
    last_seq_ = frame.seq;
    last_at_ = frame.at_micros;
  }
  if (whole < bytes.size() && ::ftruncate(file.get(), static_cast<off_t>(whole)) != 0) return false;
  last.bytes = whole;
  current_ = std::move(file);
  return true;
}

void LogWriter::add(std::string_view text, std::uint32_t flags, std::int64_t at_micros) {
  append(text, flags, at_micros);
  if (pending_.size() >= std::min<std::uint64_t>(kPendingBytesMax, segment_bytes_)) flush();
}

void LogWriter::skip_to(std::uint64_t seq) {
  flush();
  last_seq_ = seq - 1;
  // Within a segment lines are contiguous.
  current_.reset();
}

void LogWriter::append(std::string_view text, std::uint32_t flags, std::int64_t at_micros) {
  // A clock that is set back must not make a later line older: readers seek by time.
  last_at_ = std::max(last_at_, at_micros);
  ++last_seq_;
  if (pending_.empty()) pending_first_seq_ = last_seq_;
  append_frame(pending_, {last_seq_, last_at_, flags, text});
}

void LogWriter::flush() {
  if (pending_.empty()) return;
  if (dropped_ > 0) {
    // Said in front of what comes now; only when both fit does the count start over.
    const auto kept = std::exchange(pending_, {});
    const auto kept_dropped = std::exchange(dropped_, 0);
    const auto lines = last_seq_ - pending_first_seq_ + 1;
    last_seq_ = pending_first_seq_ - 1;
    append("computehub: " + std::to_string(kept_dropped) + " lines could not be kept: the disk was full", kFrameStderr,
           last_at_);
    std::string_view rest = kept;
    Frame frame;
    while (const auto size = read_frame(rest, frame)) {
      append(frame.text, frame.flags, frame.at_micros);
      rest.remove_prefix(size);
    }
    if (!write_pending()) {
      last_seq_ = pending_first_seq_ - 1;
      dropped_ = kept_dropped + lines;
    }
  } else if (!write_pending()) {
    dropped_ = last_seq_ - pending_first_seq_ + 1;
    last_seq_ = pending_first_seq_ - 1;
  }
  pending_.clear();
}

bool LogWriter::write_pending() {
  if (segments_.empty() || !current_.is_open() || segments_.back().bytes >= segment_bytes_) {
    if (!start_segment(pending_first_seq_)) return false;
  }
  auto& segment = segments_.back();
  if (!write_all(current_.get(), pending_)) {
    // Half a batch must not stand in front of the next one. Nothing more can be done if even this fails: readers
    // stop at a torn frame, and the next start cuts it.
    if (::ftruncate(current_.get(), static_cast<off_t>(segment.bytes)) != 0) current_.reset();
    return false;
  }
  segment.bytes += pending_.size();
  drop_oldest();
  return true;
}

bool LogWriter::start_segment(std::uint64_t first_seq) {
  const Segment next{first_seq, 0};
  // An empty one of the same name stands here when the disk was full before.
  Fd file(::open(path_of(next).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!file.is_open()) return false;
  if (!segments_.empty() && segments_.back().first_seq == first_seq) segments_.pop_back();
  segments_.push_back(next);
  current_ = std::move(file);
  return true;
}

void LogWriter::drop_oldest() {
  std::uint64_t total = 0;
  for (const auto& segment : segments_) total += segment.bytes;
  while (total > bytes_max_ && segments_.size() > 1) {
    ::unlink(path_of(segments_.front()).c_str());
    total -= segments_.front().bytes;
    segments_.pop_front();
  }
}

}  // namespace hub::providers::local
