#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/core/result.hpp"

namespace hub {

/// A span of time in microseconds. As text: "300s", "1.5s", "250ms", "10m", "2h", "7d".
struct Duration {
  std::int64_t micros = 0;
  auto operator<=>(const Duration&) const = default;
};
constexpr Duration milliseconds(std::int64_t n) {
  return {n * 1'000};
}
constexpr Duration seconds(std::int64_t n) {
  return {n * 1'000'000};
}

/// A moment, in microseconds since 1970-01-01T00:00:00Z. 0 means "not yet".
/// As text: RFC 3339 in UTC with six decimals, "2026-03-01T12:00:00.000000Z".
struct Instant {
  std::int64_t micros = 0;
  auto operator<=>(const Instant&) const = default;
  bool is_set() const { return micros != 0; }
};
constexpr Instant operator+(Instant at, Duration span) {
  return {at.micros + span.micros};
}
constexpr Instant operator-(Instant at, Duration span) {
  return {at.micros - span.micros};
}
constexpr Duration operator-(Instant later, Instant earlier) {
  return {later.micros - earlier.micros};
}

/// The wall clock. For labels; never for waiting.
Instant wall_now();

void append_rfc3339(std::string& out, Instant at);
std::string to_rfc3339(Instant at);
/// Accepts any RFC 3339 offset and 0 to 9 decimals. Fails: malformed `time.invalid`.
Result<Instant> parse_rfc3339(std::string_view text);

std::string to_text(Duration span);
/// Range 0 to 10 years. Fails: invalid `duration.invalid`.
Result<Duration> parse_duration(std::string_view text);

}  // namespace hub
