#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub::bench {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start);
/// User and system time of this process so far.
double own_cpu_seconds();

/// Ends the program with a message and exit status 1: a figure that cannot be measured is no figure.
[[noreturn]] void give_up(std::string_view what);
inline void require(bool condition, std::string_view what) {
  if (!condition) give_up(what);
}

/// How long each of many things took.
class Latencies {
 public:
  /// Room for so many, so that adding allocates nothing.
  explicit Latencies(std::size_t expected) { micros_.reserve(expected); }

  void add(Clock::duration took) { micros_.push_back(std::chrono::duration<float, std::micro>(took).count()); }
  std::size_t count() const { return micros_.size(); }
  /// In milliseconds; `share` is 0 to 1. 0 when there is none.
  double percentile_ms(double share);

 private:
  std::vector<float> micros_;
};

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::size_t n = 0;  ///< of what was counted or timed
  std::optional<double> p50_ms;
  std::optional<double> p99_ms;
  std::optional<double> cpu_us = {};  ///< CPU time of what is measured, one of `n`; says most on a busy machine
};

/// Prints one JSON line per figure on standard output at once, and at the end a table with the goals on standard error.
class Report {
 public:
  void add(Figure figure);
  void add(Figure figure, Latencies& latencies);
  void print_table() const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace hub::bench
