#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "adapters/providers/local/files.hpp"

namespace hub::providers::local {

/// Appends lines to a deployment's segments and drops the oldest ones. Not fsynced: output is telemetry.
/// One writer at a time; readers need no lock.
class LogWriter {
 public:
  /// `bytes_max` bounds all segments together. Creates the folder's first segment with the first line.
  LogWriter(std::string folder, std::uint64_t bytes_max);

  /// Goes on behind the last whole line on disk and cuts what stands torn behind it. False with errno set.
  bool open();
  /// The next line has this seq; those between were never here.
  void skip_to(std::uint64_t seq);
  void add(std::string_view text, std::uint32_t flags, std::int64_t at_micros);
  /// Writes what was added. On a full disk the lines are dropped and counted, and a line says so once there is room:
  /// the command must not stand still because of its log.
  void flush();

  std::uint64_t last_seq() const { return last_seq_; }

 private:
  struct Segment {
    std::uint64_t first_seq;
    std::uint64_t bytes;
  };

  bool scan_last();
  bool write_pending();
  bool start_segment(std::uint64_t first_seq);
  void drop_oldest();
  void append(std::string_view text, std::uint32_t flags, std::int64_t at_micros);
  std::string path_of(const Segment& segment) const;

  std::string folder_;
  std::uint64_t bytes_max_;
  std::uint64_t segment_bytes_;
  std::deque<Segment> segments_;
  Fd current_;
  std::string pending_;
  std::uint64_t pending_first_seq_ = 0;
  std::uint64_t last_seq_ = 0;
  std::int64_t last_at_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace hub::providers::local
