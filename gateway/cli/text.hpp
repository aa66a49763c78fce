#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::cli {

/// "512MiB", "1.5GB", "4096" (bytes). Units: B, kB, MB, GB, TB and KiB, MiB, GiB, TiB; case does not matter.
/// Fails: `cli.usage`.
Result<std::int64_t> parse_bytes(std::string_view text);
/// Dollars with at most six decimals, "0.35", as micro-USD. Exact, no floating point. Fails: `cli.usage`.
Result<std::int64_t> parse_usd_micro(std::string_view text);
/// Whole number in [min, max]. Fails: `cli.usage`.
Result<std::int64_t> parse_count(std::string_view text, std::int64_t min, std::int64_t max);
/// A time (RFC 3339), or a span before `now` ("10m"). Fails: `cli.usage`.
Result<Instant> parse_moment(std::string_view text, Instant now);

std::string bytes_text(std::int64_t bytes);     ///< "1.5 GiB"
std::string usd_text(std::int64_t micro);       ///< "$1.20"; below a cent with as many decimals as it needs
std::string span_text(Duration span);           ///< "3 min", "2 h", "5 d"
std::string age_text(Instant at, Instant now);  ///< "3 min ago", "in 2 h", "" when not set
std::string count_text(std::int64_t value);     ///< "1,234,567"

/// Columns that `text` takes on a terminal. Combining marks take none, wide characters two.
std::size_t display_width(std::string_view text);
/// The longest start that fits `columns`, with "…" as its last column when something was cut.
std::string cut_to(std::string_view text, std::size_t columns);
/// One line that cannot steer a terminal: control characters become "·", bad UTF-8 U+FFFD.
std::string printable(std::string_view text);

/// The candidate that was probably meant, or "" when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);
/// " (did you mean "…"?)" or "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// Percent-encoded as one value of a query or one segment of a path.
std::string url_encode(std::string_view text);

}  // namespace hub::cli
