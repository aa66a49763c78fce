#pragma once
#include <cstdint>
#include <deque>

namespace hub::kafka {

/// Where in a partition lies what this process wrote and has folded already, so that it is passed over unread when it
/// comes back. Everything else is looked at, also what lies between: somebody else's records may.
class OwnOffsets {
 public:
  /// Offsets come in order, behind all that were added before.
  void add(std::int64_t offset) {
    if (!ranges_.empty() && ranges_.back().last + 1 == offset)
      ++ranges_.back().last;
    else
      ranges_.push_back({offset, offset});
  }

  /// Whether that is one of them; those before it are forgotten.
  bool pass(std::int64_t offset) {
    while (!ranges_.empty() && ranges_.front().last < offset) ranges_.pop_front();
    return !ranges_.empty() && ranges_.front().first <= offset;
  }

 private:
  struct Range {
    std::int64_t first, last;
  };
  std::deque<Range> ranges_;
};

}  // namespace hub::kafka
