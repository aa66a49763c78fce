#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/providers/local/frame.hpp"
#include "adapters/providers/provider.hpp"

namespace hub::providers::local {

/// Answers queries from a deployment's segments while the supervisor goes on writing them. Keeps a mark for every
/// 64 KiB it has passed (24 bytes each: 24 KiB for 64 MiB of output), so a query reads what it answers and little more.
/// May be used by several threads.
class LogReader {
 public:
  explicit LogReader(std::string folder) : folder_(std::move(folder)) {}

  /// Never fails: a deployment without output has an empty page.
  LogPage read(const LogQuery& query);
  /// 0: no line yet.
  std::uint64_t last_seq();

 private:
  struct Mark {
    std::uint64_t seq;
    std::uint64_t offset;
    std::int64_t at_micros;
  };
  struct Segment {
    std::vector<Mark> marks;          ///< of the first whole frame in each 64 KiB
    std::uint64_t checked_bytes = 0;  ///< whole frames stand up to here
    std::uint64_t next_seq = 0;       ///< behind them
    std::int64_t first_at = -1;       ///< µs; -1: not looked up
  };
  using Segments = std::map<std::uint64_t, Segment>;  ///< by first seq

  void refresh();
  void extend(std::uint64_t first_seq, Segment& segment);
  std::int64_t first_at(std::uint64_t first_seq, Segment& segment);
  std::string read_block(std::uint64_t first_seq, const Segment& segment, std::size_t block) const;
  Segments::iterator segment_to_begin(const LogQuery& query, std::uint64_t first_wanted);
  std::uint64_t last_seq_locked();
  LogPage read_forward(const LogQuery& query);
  LogPage read_backward(const LogQuery& query, std::uint64_t before, std::size_t count);

  std::string folder_;
  std::mutex mutex_;
  Segments segments_;
};

}  // namespace hub::providers::local
