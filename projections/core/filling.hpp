#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "projections/core/list_answer.hpp"

namespace hub::projections {

/// Takes matches in order: leaves out those of earlier pages, fills the page, and looks on as far as it must.
class Filling {
 public:
  /// `page`: none when it was asked by cursor. With `counts` it goes on behind the page until kPagedRowsMax are
  /// counted, else until it knows that there is more.
  Filling(ListAnswer& answer, std::optional<std::uint32_t> page, std::uint32_t page_size, bool counts)
      : answer_(answer), skip_(page ? std::uint64_t{*page - 1} * page_size : 0), size_(page_size), counts_(counts) {
    answer_.items = "[";
  }

  /// Whether the next match is shown; else it is only counted, and its row is not needed.
  bool shows_next() const { return seen_ >= skip_ && answer_.count < answer_.page_size; }
  /// `write` appends the item to the text that it is given. False when enough has been seen.
  template <class Write>
  bool take(std::string_view place, Write write) {
    if (!shows_next()) return count();
    if (answer_.count++ > 0) answer_.items += ',';
    write(answer_.items);
    last_ = place;
    ++seen_;
    return true;
  }
  bool count() {
    if (++seen_ > skip_ + size_) more_ = true;
    return counts_ ? seen_ <= kPagedRowsMax : !more_;
  }

  /// Nothing is left to look at.
  void end() { ended_ = true; }
  /// It may look no further than `place`: the next page begins there when this one could not be filled.
  void give_up(std::string_view place) {
    more_ = true;
    if (answer_.count < answer_.page_size) last_ = place;
  }

  void finish() {
    answer_.items += ']';
    Place place;
    if (more_ && take_place(last_, place)) answer_.next_cursor = to_text(place);
    if (!counts_) return;
    if (ended_)
      answer_.total = seen_;
    else
      answer_.total_at_least = std::min(seen_, kPagedRowsMax);
  }

 private:
  ListAnswer& answer_;
  std::uint64_t skip_;
  std::uint32_t size_;
  bool counts_;
  std::uint64_t seen_ = 0;
  bool more_ = false;
  bool ended_ = false;
  std::string last_;
};

}  // namespace hub::projections
