#pragma once
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/cli.hpp"

namespace hub::cli::testing {

/// Noon of a fixed day, so that ages in output are the same every day.
inline const Instant kNow = parse_rfc3339("2026-03-01T12:00:00Z").value();

/// Runs the program in this process and keeps what it writes.
struct Terminal {
  std::string out, err;
  int columns = 0;
  bool colour = false;
  std::size_t out_bytes_max = std::string::npos;     ///< behind them the reader is gone
  std::function<std::string(std::string_view)> ask;  ///< empty: nobody is there to ask
  std::map<std::string, std::string> environment;
  Commands local;

  Console console() {
    Console console;
    console.write_out = [this](std::string_view text) {
      if (out.size() + text.size() > out_bytes_max) return false;
      out += text;
      return true;
    };
    console.write_err = [this](std::string_view text) { err += text; };
    console.columns = columns;
    console.colour = colour;
    console.now = [] { return kNow; };
    console.ask = ask;
    return console;
  }

  Exit run(const std::vector<std::string>& arguments) {
    out.clear();
    err.clear();
    return run_command(arguments, console(), environment, local);
  }
};

}  // namespace hub::cli::testing
