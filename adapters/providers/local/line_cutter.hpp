#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace hub::providers::local {

/// Cuts a stream of bytes into lines of valid UTF-8. One for each of stdout and stderr.
class LineCutter {
 public:
  /// A line without its newline; `split` when it goes on in the next one.
  using Sink = std::function<void(std::string_view text, bool split)>;

  explicit LineCutter(Sink sink) : sink_(std::move(sink)) {}

  void feed(std::string_view bytes);
  /// Delivers what stands after the last newline. A newline that comes next ends that line and makes no empty one.
  void flush();
  bool has_unfinished() const { return !unfinished_.empty(); }

 private:
  void take(std::string_view bytes);
  void deliver(std::string_view bytes, bool split);

  Sink sink_;
  std::string unfinished_;
  bool was_flushed_ = false;
};

/// Appends `bytes`, with each byte that is no UTF-8 replaced by U+FFFD.
void append_valid_utf8(std::string& out, std::string_view bytes);

}  // namespace hub::providers::local
