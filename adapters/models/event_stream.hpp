#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace hub::calls {

/// Of one event's data: a chunk of a chat is far smaller.
inline constexpr std::size_t kEventBytesMax = std::size_t{1} << 20U;

/// Takes the events out of a text/event-stream as its bytes come, however they are cut: lines end with LF, CR or CRLF,
/// a blank line ends an event, several data lines are joined with LF, comments and other fields are passed by. Only the
/// data is told; events without data are none.
class EventStream {
 public:
  /// `on_data(std::string_view data)` is called for each event that `bytes` complete, and tells whether to go on.
  /// False when it said no, or when an event or a line exceeds kEventBytesMax; too_large() tells which.
  template <class OnData>
  bool feed(std::string_view bytes, OnData&& on_data) {
    while (!bytes.empty()) {
      const auto end = bytes.find_first_of("\r\n");
      // The LF of a CRLF that was cut, or of one in the same bytes: its CR has ended the line.
      if (end == 0 && bytes.front() == '\n' && std::exchange(after_cr_, false)) {
        bytes.remove_prefix(1);
        continue;
      }
      after_cr_ = false;
      if (end == std::string_view::npos) return keep(bytes);
      if (!keep(bytes.substr(0, end))) return false;
      after_cr_ = bytes[end] == '\r';
      bytes.remove_prefix(end + 1);
      if (!end_line(on_data)) return false;
    }
    return true;
  }

  /// The stream is over: tells an event that no blank line has ended.
  template <class OnData>
  bool finish(OnData&& on_data) {
    if (!line_.empty() && !end_line(on_data)) return false;
    return end_line(on_data);
  }

  bool too_large() const { return too_large_; }

 private:
  template <class OnData>
  bool end_line(OnData&& on_data) {
    if (line_.empty()) return dispatch(on_data);
    const bool taken = take_line();
    line_.clear();
    return taken;
  }
  template <class OnData>
  bool dispatch(OnData&& on_data) {
    if (!std::exchange(has_data_, false)) return true;
    const bool go_on = on_data(std::string_view(data_));
    data_.clear();
    return go_on;
  }
  /// More of the line that has not ended.
  bool keep(std::string_view bytes);
  /// The line that has ended.
  bool take_line();
  bool refuse();

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
  bool too_large_ = false;
};

}  // namespace hub::calls
