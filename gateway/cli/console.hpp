#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "events/core/instant.hpp"

namespace hub::cli {

/// Where a command writes, and what is known of the one who reads.
struct Console {
  std::function<bool(std::string_view)> write_out;  ///< false: the reader is gone (a closed pipe)
  std::function<void(std::string_view)> write_err;
  int columns = 0;      ///< width of the terminal on standard output; 0: not a terminal, nothing is cut
  bool colour = false;  ///< a terminal, and NO_COLOR is not set
  bool json = false;    ///< -o json
  std::function<Instant()> now = wall_now;
  /// Puts a question on the terminal and gives the line that is answered, "" at its end; empty: nobody is there to ask.
  std::function<std::string(std::string_view question)> ask;

  /// False when nobody reads any more; the command then ends quietly.
  bool out(std::string_view text) { return open_ = open_ && write_out(text); }
  bool line(std::string_view text) { return out(std::string(text) + '\n'); }
  void err(std::string_view text) { write_err(std::string(text) + '\n'); }
  bool reader_is_gone() const { return !open_; }

 private:
  bool open_ = true;
};

/// The process's own standard output and error. Every write is whole and not buffered, so lines of both keep order.
Console system_console();

}  // namespace hub::cli
