#include "gateway/cli/text.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "events/core/json.hpp"
#include "gateway/cli/exit_code.hpp"

namespace hub::cli {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return out;
}

/// wcwidth() answers by the locale of the thread; the process keeps its own.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8Locale() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_;
  locale_t before_ = nullptr;
};

struct Character {
  std::size_t bytes = 1;
  wchar_t code = 0;
};

/// The character at the start of valid UTF-8.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, static_cast<wchar_t>(lead)};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  unsigned code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {size, static_cast<wchar_t>(code)};
}

std::size_t columns_of(wchar_t code) {
  return static_cast<std::size_t>(std::max(0, ::wcwidth(code)));
}

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

Result<std::int64_t> parse_bytes(std::string_view text) {
  const auto bad = [&] {
    return wrong_usage(fmt::format("\"{}\" is not a size: write it as 512MiB, 1.5GB or a number of bytes", text));
  };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return bad();
  const auto unit = lower({end, static_cast<std::size_t>(text.data() + text.size() - end)});
  constexpr std::pair<std::string_view, double> units[] = {
      {"", 1},      {"b", 1},          {"kb", 1e3},       {"mb", 1e6},       {"gb", 1e9},
      {"tb", 1e12}, {"kib", 1 << 10U}, {"mib", 1 << 20U}, {"gib", 1 << 30U}, {"tib", 1099511627776.0}};
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    const double bytes = number * factor;
    if (bytes > 9e18) return bad();
    return static_cast<std::int64_t>(std::llround(bytes));
  }
  return bad();
}

Result<std::int64_t> parse_usd_micro(std::string_view text) {
  const auto bad = wrong_usage(fmt::format("\"{}\" is not a price: dollars with at most six decimals, as 0.35", text));
  const auto dot = text.find('.');
  const auto whole = text.substr(0, dot);
  const auto decimals = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (decimals.size() > 6 || (dot != std::string_view::npos && decimals.empty())) return bad;
  const auto dollars = parse_count(whole, 0, 1'000'000'000);
  if (!dollars) return bad;
  std::string micros(decimals);
  micros.resize(6, '0');
  const auto fraction = parse_count(micros, 0, 999'999);
  if (!fraction) return bad;
  return dollars.value() * 1'000'000 + fraction.value();
}

Result<std::int64_t> parse_count(std::string_view text, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < min || value > max)
    return wrong_usage(
        fmt::format("\"{}\" is not a whole number from {} to {}", text, count_text(min), count_text(max)));
  return value;
}

Result<Instant> parse_moment(std::string_view text, Instant now) {
  if (const auto time = parse_rfc3339(text); time) return time.value();
  if (const auto span = parse_duration(text); span) return now - span.value();
  return wrong_usage(fmt::format("\"{}\" is neither a time (2026-03-01T12:00:00Z) nor a span (10m, 2h, 7d)", text));
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array<std::string_view, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  if (unit == 0) return fmt::format("{} B", bytes);
  return fmt::format("{:.{}f} {}", value, value < 10 ? 1 : 0, units[unit]);
}

std::string usd_text(std::int64_t micro) {
  const auto sign = micro < 0 ? "-" : "";
  const auto amount = micro < 0 ? -micro : micro;
  auto text = fmt::format("{}${}.{:06}", sign, count_text(amount / 1'000'000), amount % 1'000'000);
  if (amount >= 10'000 || amount == 0) return text.substr(0, text.size() - 4);
  while (text.back() == '0') text.pop_back();
  return text;
}

std::string span_text(Duration span) {
  const auto total = span.micros / kMicrosPerSecond;
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3'600) return fmt::format("{} min", total / 60);
  if (total < 2 * 86'400) return fmt::format("{} h", total / 3'600);
  return fmt::format("{} d", total / 86'400);
}

std::string age_text(Instant at, Instant now) {
  if (!at.is_set()) return {};
  // The server's clock may be a little ahead of this machine's.
  if (at > now) return at - now < seconds(5) ? "now" : "in " + span_text(at - now);
  return now - at < seconds(1) ? "now" : span_text(now - at) + " ago";
}

std::string count_text(std::int64_t value) {
  auto text = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (auto at = text.size(); at > first + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::size_t display_width(std::string_view text) {
  if (is_plain_ascii(text)) return text.size();
  const Utf8Locale locale;
  const auto valid = to_valid_utf8(text);
  std::size_t columns = 0;
  for (std::string_view rest = valid; !rest.empty();) {
    const auto character = first_character(rest);
    columns += columns_of(character.code);
    rest.remove_prefix(character.bytes);
  }
  return columns;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  const Utf8Locale locale;
  const auto valid = to_valid_utf8(text);
  std::string kept;
  std::size_t used = 0;
  for (std::string_view rest = valid; !rest.empty();) {
    const auto character = first_character(rest);
    used += columns_of(character.code);
    if (used > columns - 1) break;
    kept += rest.substr(0, character.bytes);
    rest.remove_prefix(character.bytes);
  }
  return kept + "…";
}

std::string printable(std::string_view text) {
  if (is_plain_ascii(text)) return std::string(text);
  const auto valid = to_valid_utf8(text);
  std::string out;
  for (std::string_view rest = valid; !rest.empty();) {
    const auto character = first_character(rest);
    // C0, DEL and C1: the last one holds CSI in one character.
    const bool control = character.code < 0x20 || (character.code >= 0x7F && character.code < 0xA0);
    if (control)
      out += "·";
    else
      out += rest.substr(0, character.bytes);
    rest.remove_prefix(character.bytes);
  }
  return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  const auto wanted = lower(word);
  // Up to a third of the letters wrong, or a start of at least three letters.
  std::size_t best = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  std::string_view found;
  for (const auto candidate : candidates) {
    const auto distance = edit_distance(wanted, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  if (!found.empty() || wanted.size() < 3) return found;
  for (const auto candidate : candidates)
    if (candidate.substr(0, wanted.size()) == wanted) return candidate;
  return {};
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto found = nearest(word, candidates);
  return found.empty() ? std::string() : fmt::format(" (did you mean \"{}\"?)", found);
}

std::string url_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += {'%', hex[byte >> 4U], hex[byte & 15U]};
  }
  return out;
}

}  // namespace hub::cli
