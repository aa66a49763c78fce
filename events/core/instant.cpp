#include "events/core/instant.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

namespace hub {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::size_t kDurationTextMax = 64;
constexpr std::int64_t kDurationMicrosMax = std::int64_t{10} * 366 * 86'400 * kMicrosPerSecond;

void put_digits(char* at, int width, std::int64_t value) {
  for (int i = width - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Reads exactly `width` digits; -1 when there are none such.
int read_digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

Failure bad_time() {
  return malformed("time.invalid", "a time is written as 2026-03-01T12:00:00Z (RFC 3339)");
}
Failure bad_duration() {
  return invalid("duration.invalid",
                 "a duration is a number and a unit, as in 250ms, 1.5s, 10m, 2h or 7d, up to 10 years");
}

}  // namespace

Instant wall_now() {
  using namespace std::chrono;
  return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

void append_rfc3339(std::string& out, Instant at) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds{at.micros}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const auto micros = (time - day).count();
  std::array<char, 27> text{};
  put_digits(text.data(), 4, static_cast<int>(date.year()));
  text[4] = '-';
  put_digits(text.data() + 5, 2, static_cast<unsigned>(date.month()));
  text[7] = '-';
  put_digits(text.data() + 8, 2, static_cast<unsigned>(date.day()));
  text[10] = 'T';
  put_digits(text.data() + 11, 2, micros / (3'600 * kMicrosPerSecond));
  text[13] = ':';
  put_digits(text.data() + 14, 2, micros / (60 * kMicrosPerSecond) % 60);
  text[16] = ':';
  put_digits(text.data() + 17, 2, micros / kMicrosPerSecond % 60);
  text[19] = '.';
  put_digits(text.data() + 20, 6, micros % kMicrosPerSecond);
  text[26] = 'Z';
  out.append(text.data(), text.size());
}

std::string to_rfc3339(Instant at) {
  std::string out;
  append_rfc3339(out, at);
  return out;
}

Result<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':')
    return bad_time();
  const int y = read_digits(text, 0, 4), mo = read_digits(text, 5, 2), d = read_digits(text, 8, 2);
  const int h = read_digits(text, 11, 2), mi = read_digits(text, 14, 2), s = read_digits(text, 17, 2);
  if (y < 0 || mo < 0 || d < 0 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60) return bad_time();
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return bad_time();
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (text[at] == '.') {
    std::int64_t scale = kMicrosPerSecond / 10;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      fraction += (text[at] - '0') * scale;
    if (at == first || at - first > 9) return bad_time();
  }
  std::int64_t offset_s = 0;
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    offset_s = 0;
  } else if (at + 6 == text.size() && (text[at] == '+' || text[at] == '-') && text[at + 3] == ':') {
    const int oh = read_digits(text, at + 1, 2), om = read_digits(text, at + 4, 2);
    if (oh < 0 || oh > 23 || om < 0 || om > 59) return bad_time();
    offset_s = (oh * 60 + om) * 60 * (text[at] == '-' ? -1 : 1);
  } else {
    return bad_time();
  }
  const auto midnight = duration_cast<microseconds>(sys_days{date}.time_since_epoch()).count();
  return Instant{midnight + ((h * 60 + mi) * 60 + s - offset_s) * kMicrosPerSecond + fraction};
}

std::string to_text(Duration span) {
  const auto whole = span.micros / kMicrosPerSecond;
  const auto rest = span.micros % kMicrosPerSecond;
  if (rest == 0) return std::to_string(whole) + "s";
  if (span.micros < kMicrosPerSecond && rest % 1'000 == 0) return std::to_string(rest / 1'000) + "ms";
  std::string fraction(6, '0');
  put_digits(fraction.data(), 6, rest);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(whole) + "." + fraction + "s";
}

Result<Duration> parse_duration(std::string_view text) {
  if (text.size() > kDurationTextMax) return bad_duration();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return bad_duration();
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::pair<std::string_view, double> units[] = {
      {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3'600e6}, {"d", 86'400e6}};
  for (const auto& [name, micros] : units) {
    if (unit != name) continue;
    const double total = number * micros;
    if (total > static_cast<double>(kDurationMicrosMax)) return bad_duration();
    return Duration{std::llround(total)};
  }
  return bad_duration();
}

}  // namespace hub
